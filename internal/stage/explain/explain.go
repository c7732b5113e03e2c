// Package explain finds the causes of what a run shows, in Druid's words: a leader changed because the latch node
// before its own was gone, which was so because a session had ended, because a node was killed. It is pure, and looks
// at each step once, when it comes.
package explain

import (
	"fmt"
	"slices"

	"oakmoot/internal/stage/observe"
	"oakmoot/internal/stage/trace"
)

// Link is a step of a run and why it happened; the next link of the chain is its cause.
type Link struct {
	Step trace.Step
	At   int    // place of the step in the record, from 0
	Why  string // what ties it to the next link; empty for the last one
}

// String is the step in words, without its time.
func (l Link) String() string { return Words(l.Step) }

// Words is a step in words, without its time.
func Words(s trace.Step) string {
	who := s.Node
	if who == "" {
		who = "somebody"
	}
	text := fmt.Sprintf("%s: %s", who, s.Verb)
	if s.Subject != "" {
		text += " " + s.Subject
	}
	if s.Peer != "" && s.Peer != s.Subject {
		text += " @ " + s.Peer
	}
	if s.Detail != "" {
		text += " (" + s.Detail + ")"
	}
	return text
}

// LongestChain bounds a chain of causes.
const LongestChain = 32

// Chain goes backwards from a step to its causes, as far as the rules know any.
func Chain(steps []trace.Step, at int) []Link {
	steps = Named(steps)
	because := all(steps)
	var chain []Link
	for seen := map[int]bool{}; at >= 0 && !seen[at] && len(chain) < LongestChain; {
		seen[at] = true
		link := Link{Step: steps[at], At: at}
		next := int(because[at].Seq) - 1
		if next >= 0 && !seen[next] {
			link.Why = because[at].Why
		}
		chain = append(chain, link)
		at = next
	}
	return chain
}

// all are the causes of all steps; the places begin with 1.
func all(steps []trace.Step) []Cause {
	c, because := New(), make([]Cause, 0, len(steps))
	for at := 0; at < len(steps); {
		end := at + 1
		for end < len(steps) && changes(steps[at]) && changes(steps[end]) && steps[end].Zxid == steps[at].Zxid {
			end++
		}
		because = append(because, c.Take(int64(at+1), steps[at:end])...)
		at = end
	}
	return because
}

// changes reports whether a step is one of ZooKeeper's.
func changes(s trace.Step) bool {
	return s.Protocol != observe.Supervision && s.Protocol != observe.Disturbance
}

// Named fills in the nodes of those steps of which only later ones say whose session it was: a session is its node's
// from its first request on, and was opened before.
func Named(steps []trace.Step) []trace.Step {
	owner := map[string]string{}
	for _, s := range steps {
		if s.Session != "" && s.Node != "" {
			owner[s.Session] = s.Node
		}
	}
	named := slices.Clone(steps)
	for i, s := range named {
		if s.Node == "" {
			named[i].Node = owner[s.Session]
		}
	}
	return named
}

// ended reports whether a step is a session's end.
func ended(e trace.Step) bool {
	return e.Protocol == observe.Session && (e.Op == observe.OpCloseSession || e.Verb == string(observe.OpCloseSession) || e.Verb == observe.SessionExpired)
}
