package report

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"
)

// junitSuites is the document that JUnit's readers agree on: testsuites, testsuite, testcase, failure.
type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name       string          `xml:"name,attr"`
	Tests      int             `xml:"tests,attr"`
	Failures   int             `xml:"failures,attr"`
	Errors     int             `xml:"errors,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Time       string          `xml:"time,attr"`
	Timestamp  string          `xml:"timestamp,attr,omitempty"`
	Properties []junitProperty `xml:"properties>property"`
	Cases      []junitCase     `xml:"testcase"`
	Out        string          `xml:"system-out,omitempty"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	Time    string        `xml:"time,attr"`
	Failure *junitProblem `xml:"failure,omitempty"`
	Error   *junitProblem `xml:"error,omitempty"`
	Skipped *junitSkipped `xml:"skipped,omitempty"`
}

type junitProblem struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

type junitSkipped struct {
	Message string `xml:"message,attr,omitempty"`
}

func writeJUnit(w io.Writer, r Report) error {
	suite := junitSuite{
		Name: r.Name, Time: seconds(r.Run.Ended.Sub(r.Run.Began)), Out: r.Headline,
		Properties: []junitProperty{{"seed", fmt.Sprint(r.Run.Seed)}, {"druid", r.Run.Druid}, {"oakmoot", r.Version}, {"outcome", r.Outcome}},
	}
	if !r.Run.Began.IsZero() {
		suite.Timestamp = r.Run.Began.UTC().Format("2006-01-02T15:04:05")
	}
	class := func(kind string) string { return "oakmoot." + strings.ReplaceAll(r.Name, ".", "_") + "." + kind }
	for _, c := range r.Checks() {
		one := junitCase{Name: c.Name, Class: class(c.Kind), Time: seconds(c.Took)}
		switch {
		case c.Bad:
			text := c.State + ": " + c.Why
			if c.Zxid != 0 {
				by := "seen after"
				if c.Exact {
					by = "broken by"
				}
				text += fmt.Sprintf("\n%s zxid 0x%x, at %s", by, c.Zxid, c.Time.Format(time.RFC3339Nano))
			}
			one.Failure = &junitProblem{Message: strings.TrimSuffix(c.State+": "+c.Why, ": "), Type: c.Kind, Text: text}
			suite.Failures++
		case c.Skip:
			one.Skipped = &junitSkipped{strings.TrimSuffix(c.State+": "+c.Why, ": ")}
			suite.Skipped++
		}
		suite.Cases = append(suite.Cases, one)
	}
	run := junitCase{Name: "the run", Class: class("run"), Time: suite.Time}
	if r.Outcome == Failed || r.Outcome == Interrupted {
		run.Error = &junitProblem{Message: r.Headline, Type: r.Outcome, Text: r.Error}
		suite.Errors++
	} else if r.Outcome == Broken && suite.Failures == 0 {
		run.Failure = &junitProblem{Message: r.Headline, Type: r.Outcome, Text: r.Error}
		suite.Failures++
	}
	suite.Cases = append(suite.Cases, run)
	suite.Tests = len(suite.Cases)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(junitSuites{Tests: suite.Tests, Failures: suite.Failures, Errors: suite.Errors, Suites: []junitSuite{suite}}); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", max(0, d.Seconds())) }

func writeJSON(w io.Writer, r Report) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}
