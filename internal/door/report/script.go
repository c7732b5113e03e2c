package report

import (
	"fmt"
	"strings"
	"time"

	"oakmoot/cluster"
	"oakmoot/internal/stage/explain"
	"oakmoot/internal/stage/observe"
	"oakmoot/internal/stage/trace"
)

// script is a run's steps with the nodes that they belong to.
type script struct {
	r     Report
	steps []trace.Step
	first Check // the check that broke first
	at    int   // place of the latest step when it did; -1 without one
}

func newScript(r Report) *script {
	s := &script{r: r, at: -1, first: r.FirstBroken()}
	for _, step := range r.Run.Steps {
		s.steps = append(s.steps, Step(step))
	}
	s.steps = explain.Named(s.steps)
	for i, step := range s.steps {
		if s.first.Bad && !s.first.Time.IsZero() && !step.Time.After(s.first.Time) && loud(step) {
			s.at = i
		}
	}
	return s
}

// Step is a step as package trace has it.
func Step(s cluster.TraceStep) trace.Step {
	return trace.Step{
		Zxid: s.Zxid, Time: s.Time, Node: s.Node, Protocol: trace.Protocol(s.Protocol), Verb: s.Verb,
		Subject: s.Subject, Peer: s.Peer, Detail: s.Detail, Path: s.Path, Payload: s.Payload,
		Op: observe.Op(s.Op), Session: s.Session, Owner: s.Owner, Lapsed: s.Lapsed, Expired: s.Expired,
	}
}

// loud reports whether a step is worth a reader's time: directories, discovery and sessions that come and go as they
// should are not.
func loud(s trace.Step) bool {
	switch s.Protocol {
	case observe.Layout, observe.Discovery, observe.Header:
		return false
	case observe.Session:
		return s.Expired
	}
	return true
}

// causes is the chain of causes of what broke first, and which faults were under way.
func (s *script) causes() (rows []causeRow, meanwhile []string) {
	if s.at < 0 {
		return nil, nil
	}
	for _, link := range explain.Chain(s.steps, s.at) {
		rows = append(rows, causeRow{s.r.since(link.Step.Time), link.String(), link.Why})
	}
	for _, f := range s.r.Verdict.Faults {
		if f.ID != "" && !f.Since.After(s.first.Time) && (f.Ended.IsZero() || f.Ended.After(s.first.Time)) {
			meanwhile = append(meanwhile, fmt.Sprintf("%s on %s, since %s", f.Do, strings.Join(f.Nodes, ", "), s.r.since(f.Since)))
		}
	}
	return rows, meanwhile
}

// window are the places of the loud steps that are shown: those around the first broken check, or else the last ones.
func (s *script) window(limit int) []int {
	var places []int
	center := -1
	for i, step := range s.steps {
		if !loud(step) {
			continue
		}
		if i == s.at {
			center = len(places)
		}
		places = append(places, i)
	}
	if len(places) <= limit {
		return places
	}
	begin := len(places) - limit
	if center >= 0 {
		begin = min(begin, max(0, center-limit/2))
	}
	return places[begin : begin+limit]
}

func (s *script) rows(limit int) []stepRow {
	var rows []stepRow
	for _, i := range s.window(min(limit, rowsShown)) {
		step := s.steps[i]
		text := strings.TrimPrefix(explain.Link{Step: step}.String(), step.Node+": ")
		rows = append(rows, stepRow{s.r.since(step.Time), step.Node, string(step.Protocol), text, i == s.at})
	}
	return rows
}

// rowsShown is how many steps the page lists; the drawing has more.
const rowsShown = 1000

// note says what the page leaves out.
func (s *script) note(limit int) string {
	var notes []string
	total := len(s.window(len(s.steps)))
	if shown := min(limit, rowsShown); total > shown {
		notes = append(notes, fmt.Sprintf("%d of %d steps are listed, those around what broke first or else the last ones", shown, total))
	}
	if total > limit {
		notes = append(notes, fmt.Sprintf("%d are drawn", limit))
	}
	if s.r.Run.Cut > 0 {
		notes = append(notes, fmt.Sprintf("%d more steps came when no more were kept: use --record for all of them", s.r.Run.Cut))
	}
	if len(s.steps) == 0 {
		notes = append(notes, "there are no steps of ZooKeeper to show")
	}
	return strings.Join(notes, "; ")
}

// end is when the run ended, or its last step.
func (s *script) end() time.Time {
	end := s.r.Run.Ended
	if len(s.steps) > 0 && s.steps[len(s.steps)-1].Time.After(end) {
		end = s.steps[len(s.steps)-1].Time
	}
	return end
}
