package report_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"oakmoot/cluster"
	"oakmoot/internal/door/report"
)

var update = flag.Bool("update", false, "rewrite the expected reports; commit that only when you can explain it")

// story is the checked-in record as a run tells it.
func story(t *testing.T) cluster.Story {
	t.Helper()
	b, err := os.ReadFile("../../stage/record/testdata/killed.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	s := cluster.Story{Topology: "killed", Seed: 7, Druid: "0.14.0", Nodes: []string{"coordinator-1", "coordinator-2", "overlord-1", "historical-1", "middlemanager-1"}}
	for line := range strings.Lines(string(b)) {
		var step cluster.TraceStep
		if err := json.Unmarshal([]byte(line), &step); err != nil {
			t.Fatal(err)
		}
		if step.Protocol == cluster.ProtocolRun {
			s.Began, s.Ready, s.Ended = step.Time, step.Time.Add(time.Second), step.Time.Add(16*time.Second)
			continue
		}
		s.Steps = append(s.Steps, step)
	}
	return s
}

// red is the report of a run in which a coordinator was killed and something was broken by that.
func red(t *testing.T) report.Report {
	t.Helper()
	s := story(t)
	kill := s.Began.Add(6157 * time.Millisecond)
	touched := &cluster.Touched{Requests: 3, Bytes: 120, Last: []string{"create /druid/x"}}
	v := cluster.Verdict{
		Expectations: []cluster.Expectation{
			{Text: "always leaders(coordinator) <= 1", State: "held"},
			{Text: "never leaders(coordinator) == 0", State: "broken", Why: "leaders(coordinator) is 0", Zxid: 0x61, Time: kill.Add(time.Millisecond)},
		},
		Steps: []cluster.StepState{
			{Name: "crash", Do: "kill coordinator@leader for 6s", When: "at 6s", Fired: kill, Times: 1, Nodes: []string{"coordinator-1"}, Touched: touched},
			{Name: "late", Do: "kill historical-1", When: "when leader:overlord changed", Never: "there was no leader:overlord changed"},
			{Name: "maybe", Do: "kill overlord-1", When: "when leader:overlord lost", Never: "there was no leader:overlord lost"},
		},
		Rows: []cluster.Intake{{DataSource: "pages", Source: "list.json", State: "done", Processed: 1}},
		Invariants: []cluster.Invariant{
			{Name: "one-leader", State: "held", Exercised: 2}, {Name: "disk", State: "not exercised"},
			{Name: "replicas", State: "off"}, {Name: "announcements-end", State: "held", Exercised: 1, Notes: []string{"a note"}},
		},
		Faults:    []cluster.PastFault{{ID: "f1", Do: "kill coordinator@leader for 6s", Nodes: []string{"coordinator-1"}, Step: 1, Name: "crash", Since: kill, Ended: kill.Add(6 * time.Second), Touched: touched}},
		Failovers: []cluster.Failover{{Kind: "coordinator", Times: 1, Longest: 3.237, Leader: "coordinator-2"}},
	}
	err := fmt.Errorf("step late never took place: there was no leader:overlord changed\nnever leaders(coordinator) == 0: broken")
	return report.New("killed", report.Broken, err, "v1", s, v)
}

func write(t *testing.T, kind string, r report.Report) []byte {
	t.Helper()
	format, _, err := report.ParseTarget(kind + "=x")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := format.Write(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestReportsOfARedRun(t *testing.T) {
	for _, kind := range []string{"junit", "json", "html"} {
		got := write(t, kind, red(t))
		file := "testdata/red." + kind
		if *update {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", kind, diff)
		}
	}
}

func TestHeadlineSaysWhatBrokeFirst(t *testing.T) {
	const want = "2 of 7 checks broken. First: never leaders(coordinator) == 0: leaders(coordinator) is 0, 6.158 s after the start, at zxid 0x61."
	if got := red(t).Headline; got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

func TestOutcomesHaveAHeadline(t *testing.T) {
	for outcome, want := range map[string]string{
		report.Held: "All held: 0 checks.", report.Failed: "The run failed: no port.", report.Interrupted: "interrupted before the cluster was ready", report.Broken: "The run is broken: no port.",
	} {
		r := report.New("x", outcome, errors.New("no port."), "v1", cluster.Story{}, cluster.Verdict{})
		if !strings.Contains(r.Headline, want) {
			t.Errorf("%s: got %q, want %q", outcome, r.Headline, want)
		}
		for _, kind := range []string{"junit", "json", "html"} {
			if !bytes.Contains(write(t, kind, r), []byte("no port.")) && outcome == report.Failed {
				t.Errorf("%s of a run that %s does not say why", kind, outcome)
			}
		}
	}
}

// wellFormed reports whether a page is well-formed XML.
func wellFormed(t *testing.T, page []byte) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(page))
	d.Entity = xml.HTMLEntity
	for {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatalf("not well-formed: %v", err)
		}
	}
}

func TestPageNeedsNoNetworkAndNoScript(t *testing.T) {
	page := write(t, "html", red(t))
	wellFormed(t, page)
	for _, way := range []string{"http:", "https:", "src=", "href=", "url(", "@import", "<script", "<link", "ZgotmplZ"} {
		if bytes.Contains(page, []byte(way)) {
			t.Errorf("the page has %q", way)
		}
	}
}

func TestPageShowsForeignTextAsText(t *testing.T) {
	r := red(t)
	evil := `</title><script>alert("x")</script>`
	r.Name, r.Headline, r.Run.Steps[5].Subject, r.Verdict.Faults[0].Do = evil, evil, evil, evil
	if page := write(t, "html", r); bytes.Contains(page, []byte("<script")) {
		t.Error("the page runs foreign text")
	}
}

func TestPageOfALongRunStaysUnderAMegabyteAndSaysWhatIsCut(t *testing.T) {
	r := red(t)
	steps := r.Run.Steps
	for len(r.Run.Steps) < 20_000 {
		r.Run.Steps = append(r.Run.Steps, steps...)
	}
	for i := range r.Run.Steps {
		r.Run.Steps[i].Subject = strings.Repeat("s", 300)
	}
	page := write(t, "html", r)
	wellFormed(t, page)
	if len(page) >= 1<<20 {
		t.Errorf("got %d bytes, want less than a megabyte", len(page))
	}
	if !regexp.MustCompile(`\d+ of \d+ steps are listed`).Match(page) {
		t.Error("the page does not say what is cut")
	}
}

func TestBadTargetsAreRefused(t *testing.T) {
	for target, want := range map[string]string{
		"":       "kinds are junit, json, html",
		"junt=x": `did you mean "junit"?`,
		"html":   "html needs a file",
		"html=":  "html needs a file",
		"x.html": "no kind of report",
	} {
		if _, _, err := report.ParseTarget(target); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", target, err, want)
		}
	}
}
