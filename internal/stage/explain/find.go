package explain

import (
	"fmt"
	"path"
	"strings"

	"oakmoot/internal/druid"
	"oakmoot/internal/stage/observe"
	"oakmoot/internal/stage/scenario"
	"oakmoot/internal/stage/trace"
)

// Find are the places of the steps at which a trigger's event happened.
func Find(steps []trace.Step, t scenario.Trigger) (places []int, err error) {
	begin := finders[t.Source.Name]
	switch {
	case t.Source.Name == "":
		return nil, fmt.Errorf("%s is a condition: what is explained is an event, such as 'leader:coordinator changed'", t)
	case t.Event == "published":
		return nil, fmt.Errorf("%s: a record does not say what is published, for the metadata store is not in it", t)
	case t.Event == "reconnected" || begin == nil:
		return nil, fmt.Errorf("%s: a record does not show that", t)
	}
	happens := begin(t)
	for i, s := range Named(steps) {
		if happens(s) {
			places = append(places, i)
		}
	}
	return places, nil
}

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
