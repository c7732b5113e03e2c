// Package report writes what a run came to, for people and for machines: as JUnit's XML, as JSON, and as one HTML page.
package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"oakmoot/cluster"
	"oakmoot/internal/stage/scenario"
)

// Report is a run and its verdict. Its JSON is what "up --report json=FILE" writes.
type Report struct {
	Name     string          `json:"name"`    // of the topology, or else of its file
	Outcome  string          `json:"outcome"` // held | broken | failed | interrupted
	Error    string          `json:"error,omitempty"`
	Version  string          `json:"version"` // of oakmoot
	Run      cluster.Story   `json:"run"`
	Verdict  cluster.Verdict `json:"verdict"`
	Headline string          `json:"headline"` // the whole in a sentence or two
}

// Outcomes of a run.
const (
	Held        = "held"
	Broken      = "broken"
	Failed      = "failed"      // it did not get ready, or could not go on
	Interrupted = "interrupted" // before it was ready
)

// Format is a form of report.
type Format struct {
	Name  string
	Does  string // one line for people
	Write func(io.Writer, Report) error
}

// Formats are all forms of reports.
var Formats = []Format{
	{"junit", "JUnit's XML, as CI servers read it", writeJUnit},
	{"json", "the verdict, the story and the seed as one object", writeJSON},
	{"html", "one page for people, which needs no network", writeHTML},
}

// ParseTarget reads KIND=FILE.
func ParseTarget(text string) (f Format, file string, err error) {
	name, file, _ := strings.Cut(text, "=")
	i := slices.IndexFunc(Formats, func(f Format) bool { return f.Name == name })
	var names []string
	for _, f := range Formats {
		names = append(names, f.Name)
	}
	switch {
	case i < 0:
		near := ""
		if n := scenario.Nearest(name, names); n != "" {
			near = fmt.Sprintf("; did you mean %q?", n)
		}
		return f, "", fmt.Errorf("%q is no kind of report: the kinds are %s%s", name, strings.Join(names, ", "), near)
	case file == "":
		return f, "", fmt.Errorf("%s needs a file, as in %s=FILE", name, name)
	}
	return Formats[i], file, nil
}

// New is the report of a run that has ended with an error, or with none.
func New(name, outcome string, err error, version string, run cluster.Story, v cluster.Verdict) Report {
	r := Report{Name: name, Outcome: outcome, Version: version, Run: run, Verdict: v}
	if err != nil {
		r.Error = err.Error()
	}
	r.Headline = r.headline()
	return r
}

// headline says in words how the run ended, and what broke first.
func (r Report) headline() string {
	switch r.Outcome {
	case Interrupted:
		return "The run was interrupted before the cluster was ready; nothing was judged."
	case Failed:
		return "The run failed: " + r.Error
	}
	checks := slices.DeleteFunc(r.Checks(), func(c Check) bool { return c.Skip })
	bad := slices.DeleteFunc(slices.Clone(checks), func(c Check) bool { return c.Good() })
	if len(bad) == 0 {
		if r.Outcome == Broken {
			return "The run is broken: " + r.Error
		}
		return fmt.Sprintf("All held: %s.", counted(len(checks), "check"))
	}
	first := r.FirstBroken()
	line := fmt.Sprintf("%d of %s broken. ", len(bad), counted(len(checks), "check"))
	if len(bad) > 1 {
		line += "First: "
	}
	line += first.Name
	if first.Why != "" {
		line += ": " + first.Why
	}
	if !first.Time.IsZero() {
		line += fmt.Sprintf(", %s after the start", r.since(first.Time))
	}
	if first.Zxid != 0 {
		line += fmt.Sprintf(", at zxid 0x%x", first.Zxid)
	}
	return line + "."
}

func counted[N int | int64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// since is the time since the run's start, for people.
func (r Report) since(t time.Time) string {
	return fmt.Sprintf("%.3f s", max(0, t.Sub(r.Run.Began).Seconds()))
}

// Check is one thing that was judged.
type Check struct {
	Kind  string // expectation | step | invariant | datasource
	Name  string
	State string // as the verdict says it
	Why   string
	Bad   bool
	Skip  bool // it was not judged: it need not have been
	Zxid  int64
	Exact bool // it is that commit; else the latest when it was seen
	Time  time.Time
	Took  time.Duration // from the run's start to its judgement; 0 when that is not known
}

// Good reports whether the check does not break the run.
func (c Check) Good() bool { return !c.Bad }

// Checks are all that was judged, in the order of the topology.
func (r Report) Checks() []Check {
	var all []Check
	for _, e := range r.Verdict.Expectations {
		all = append(all, Check{Kind: "expectation", Name: e.Text, State: e.State, Why: e.Why, Bad: e.State != "held", Zxid: e.Zxid, Exact: e.Exact, Time: e.Time})
	}
	for _, st := range r.Verdict.Steps {
		all = append(all, stepCheck(st, strings.Contains(r.Error, "step "+name(st))))
	}
	for _, rows := range r.Verdict.Rows {
		c := Check{Kind: "datasource", Name: rows.DataSource + " from " + rows.Source, State: rows.State, Why: rows.Error}
		c.Bad = rows.State == "failed" || rows.Error == "" && rows.Taken() == 0 && (rows.State == "done" || rows.Read() > 0)
		if c.Why == "" && rows.Read() > 0 {
			c.Why = rows.String()
		}
		all = append(all, c)
	}
	for _, i := range r.Verdict.Invariants {
		c := Check{Kind: "invariant", Name: i.Name, State: i.State, Why: strings.Join(append([]string{i.Why}, i.Notes...), "; "), Bad: i.State == "broken", Zxid: i.Zxid, Time: i.Time}
		c.Why = strings.Trim(c.Why, "; ")
		if c.Skip = i.State != "held" && !c.Bad; i.Exercised > 0 {
			c.State += ", exercised " + counted(i.Exercised, "time")
		}
		all = append(all, c)
	}
	for i := range all {
		if !all[i].Time.IsZero() {
			all[i].Took = all[i].Time.Sub(r.Run.Began)
		}
	}
	return all
}

func name(st cluster.StepState) string {
	if st.Name != "" {
		return st.Name
	}
	return st.Do
}

// stepCheck judges a step; it is a problem when the run's error names it.
func stepCheck(st cluster.StepState, named bool) Check {
	c := Check{Kind: "step", Name: st.Do, State: "fired", Time: st.Fired}
	if st.Name != "" {
		c.Name = st.Name + ": " + st.Do
	}
	switch {
	case st.Error != "":
		c.State, c.Why, c.Bad = "failed", st.Error, true
	case st.Then != "":
		c.State, c.Why, c.Bad = "broken", "then "+st.Then, true
	case st.Times == 0:
		c.State, c.Why, c.Bad = "never fired", st.Never, named
		c.Skip = !c.Bad
	}
	return c
}

// FirstBroken is the check that was broken first; of those whose time is not known, the first in the topology.
func (r Report) FirstBroken() (first Check) {
	for _, c := range r.Checks() {
		if c.Bad && (!first.Bad || !c.Time.IsZero() && (first.Time.IsZero() || c.Time.Before(first.Time))) {
			first = c
		}
	}
	return first
}
