// Package explain finds the causes of what a record shows, in Druid's words: a leader changed because the latch node
// before its own was gone, which was so because a session had ended, because a node was killed. It is pure.
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
func (l Link) String() string {
	who := l.Step.Node
	if who == "" {
		who = "somebody"
	}
	text := fmt.Sprintf("%s: %s", who, l.Step.Verb)
	if l.Step.Subject != "" {
		text += " " + l.Step.Subject
	}
	if l.Step.Peer != "" && l.Step.Peer != l.Step.Subject {
		text += " @ " + l.Step.Peer
	}
	if l.Step.Detail != "" {
		text += " (" + l.Step.Detail + ")"
	}
	return text
}

// longestChain bounds a chain of causes.
const longestChain = 32

// Chain goes backwards from a step to its causes, as far as the rules know any.
func Chain(steps []trace.Step, at int) []Link {
	s := newStory(steps)
	var chain []Link
	for seen := map[int]bool{}; at >= 0 && !seen[at] && len(chain) < longestChain; {
		seen[at] = true
		cause, why := s.cause(at)
		if cause < 0 || seen[cause] {
			why = ""
		}
		chain = append(chain, Link{s.steps[at], at, why})
		at = cause
	}
	return chain
}

// story is the steps of a run, with what is known of them by what follows: a session is its node's from its first
// request on, and was opened before.
type story struct{ steps []trace.Step }

func newStory(steps []trace.Step) *story {
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
	return &story{named}
}

// Named fills in the nodes of those steps of which only later ones say whose session it was.
func Named(steps []trace.Step) []trace.Step { return newStory(steps).steps }

// cause is the place of a step's cause, -1 when the rules know none, and what ties the two.
func (s *story) cause(at int) (cause int, why string) {
	for _, r := range rules {
		if !r.of(s.steps[at]) {
			continue
		}
		if cause := r.find(s, at); cause >= 0 {
			return cause, r.why
		}
	}
	return -1, ""
}

// before is the latest step before another that matches, or -1.
func (s *story) before(at int, match func(trace.Step) bool) int {
	for i := at - 1; i >= 0; i-- {
		if match(s.steps[i]) {
			return i
		}
	}
	return -1
}

// sameTransaction is a step of the same transaction that matches, or -1.
func (s *story) sameTransaction(at int, match func(trace.Step) bool) int {
	for i := at + 1; i < len(s.steps) && s.steps[i].Zxid == s.steps[at].Zxid; i++ {
		if match(s.steps[i]) {
			return i
		}
	}
	return s.before(at, func(e trace.Step) bool { return e.Zxid == s.steps[at].Zxid && match(e) })
}

// ended reports whether a step is a session's end.
func ended(e trace.Step) bool {
	return e.Protocol == observe.Session && (e.Op == observe.OpCloseSession || e.Verb == string(observe.OpCloseSession) || e.Verb == observe.SessionExpired)
}
