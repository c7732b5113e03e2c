package explain

import (
	"fmt"
	"path"
	"strings"

	"oakmoot/internal/druid"
	"oakmoot/internal/stage/observe"
	"oakmoot/internal/stage/record"
	"oakmoot/internal/stage/scenario"
	"oakmoot/internal/stage/trace"
)

// Found is where an event happened, or a condition came to hold.
type Found struct {
	Places []int  // of the steps, from 0
	First  bool   // the first of them is what is asked for, when nobody says which: of a condition
	Note   string // what the record does not show of it, or ""
}

// Find are the places of the steps at which a trigger's event happened, or with which its
// condition came to hold.
func Find(rec record.Record, t scenario.Trigger) (found Found, err error) {
	if t.Source.Name == "" {
		return findCondition(rec, t)
	}
	begin := finders[t.Source.Name]
	if t.Event == "published" {
		begin, found.Note = findPublished, "the metadata store is not in a record: a segment was published by the time at which its first load request shows it"
	}
	if t.Event == "reconnected" {
		begin, found.Note = findReconnected, "a record shows new sessions only, not the connections that came back under their own"
	}
	if begin == nil {
		return found, fmt.Errorf("%s: a record does not show that", t)
	}
	happens := begin(t)
	for i, s := range Named(rec.Steps) {
		if happens(s) {
			found.Places = append(found.Places, i)
		}
	}
	return found, nil
}

// findCondition looks for the moments at which a condition came to hold.
func findCondition(rec record.Record, t scenario.Trigger) (found Found, err error) {
	if why := record.Unseen(t.Condition); why != "" {
		return found, fmt.Errorf("%s: %s", t, why)
	}
	places, before, err := record.Comes(rec, t.Condition)
	if before {
		found.Note = "it held at the beginning, before anything had happened"
	}
	found.Places, found.First = places, true
	return found, err
}

// findPublished looks for what shows that segments are published: an operator's act, and
// the first time that a segment is asked for.
func findPublished(t scenario.Trigger) func(trace.Step) bool {
	asked := map[string]bool{}
	return func(s trace.Step) bool {
		if publishes(s) {
			return t.DataSource() == "*" || t.DataSource() == firstWord(s.Subject)
		}
		if s.Verb != "load request" || asked[s.Subject] {
			return false
		}
		asked[s.Subject] = true
		_, err := druid.ParseSegmentID(t.DataSource(), s.Subject)
		return t.DataSource() == "*" || err == nil
	}
}

// findReconnected looks for sessions that nodes opened after another one.
func findReconnected(t scenario.Trigger) func(trace.Step) bool {
	had := map[string]bool{}
	return func(s trace.Step) bool {
		if s.Op != observe.OpOpenSession || s.Node == "" {
			return false
		}
		again := had[s.Node]
		had[s.Node] = true
		return again && (t.Subject == "*" || t.Subject == s.Node)
	}
}

// publishes reports whether a step is an operator's who publishes segments.
func publishes(s trace.Step) bool { return begins(s) && s.Verb == "publish" }

// finders look for the events of a source, by its name in scenario.Triggers.
var finders = map[string]func(scenario.Trigger) func(trace.Step) bool{
	"leader":  findLeader,
	"role":    findRole,
	"segment": findSegment,
	"task": func(t scenario.Trigger) func(trace.Step) bool {
		return func(s trace.Step) bool {
			meant, _ := path.Match(t.Subject, s.Subject)
			return meant && s.Verb == "task status "+strings.ToUpper(t.Event)
		}
	},
	"session": func(t scenario.Trigger) func(trace.Step) bool {
		return func(s trace.Step) bool {
			return s.Protocol == observe.Session && s.Expired && (t.Subject == "*" || t.Subject == s.Node)
		}
	},
	"step": func(t scenario.Trigger) func(trace.Step) bool {
		return func(s trace.Step) bool { return begins(s) && s.Detail == "step "+t.Subject }
	},
	"zk": func(t scenario.Trigger) func(trace.Step) bool {
		return func(s trace.Step) bool {
			return s.Path != "" && (t.Subject == "*" || t.Subject == string(s.Op)) && scenario.MatchPath(t.Event, s.Path)
		}
	},
}

func findLeader(t scenario.Trigger) func(trace.Step) bool {
	last := ""
	return func(s trace.Step) bool {
		switch s.Verb {
		case t.Subject + " no longer leads":
			return t.Event == "lost"
		case t.Subject + " leads":
			before := last
			last = s.Node + s.Detail
			return t.Event == "elected" || t.Event == "changed" && before != "" && before != last
		}
		return false
	}
}

func findRole(t scenario.Trigger) func(trace.Step) bool {
	return func(s trace.Step) bool {
		state, known := observe.StateOf(s.Verb)
		if s.Protocol != observe.Supervision || !known || t.Subject != "*" && t.Subject != s.Node {
			return false
		}
		n := observe.Node{State: state}
		return t.Event == "up" && n.Serves() || t.Event == "down" && !n.Runs()
	}
}

func findSegment(t scenario.Trigger) func(trace.Step) bool {
	return func(s trace.Step) bool {
		switch t.Event {
		case "announced":
			if s.Verb != "segment announced" && s.Verb != "segment served" {
				return false
			}
		case "loaded":
			if s.Verb != "load request done" {
				return false
			}
		default:
			if s.Verb != "drop request done" {
				return false
			}
		}
		for _, id := range strings.Fields(s.Subject) {
			if _, err := druid.ParseSegmentID(t.DataSource(), id); t.DataSource() == "*" || err == nil {
				return true
			}
		}
		return false
	}
}
