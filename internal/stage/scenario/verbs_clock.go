package scenario

import (
	"context"

	"oakmoot/internal/run/fault/clockfault"
)

// clockVerbs are those that a node's clock carries out.
var clockVerbs = []Verb{
	{Name: "clock", Clauses: with(lasting, ofClocks...), eitherOr: ofClocks, Reach: ReachClock, Prompt: true, Do: onClocks,
		Does: "sets the node's clock: it goes slow or fast, with all its timers, or shows a time that is ahead or behind; its ZooKeeper session keeps the true time"},
}

var ofClocks = []string{"speed", "ahead", "behind"}

// onClocks sets the clocks of the nodes.
func onClocks(_ context.Context, s Stage, a Action, nodes []Actor) (Done, error) {
	f := clockfault.Fault{
		Rate:  a.Factor("speed"),
		Ahead: a.Span("ahead").In(s.SessionTimeout()) - a.Span("behind").In(s.SessionTimeout()),
	}
	all := make([]*clockfault.Armed, len(nodes))
	for i, n := range nodes {
		all[i] = n.Clock().Arm(f)
	}
	return Done{
		Undo: func(context.Context) error {
			for _, armed := range all {
				armed.Undo()
			}
			return nil
		},
		Touched: func() (sum Touched) {
			for _, armed := range all {
				sum.Readings += armed.Touched()
			}
			return sum
		},
	}, nil
}

// rightClock says why a clock would go right, or "".
func (a *Action) rightClock() lack {
	switch {
	case a.Has("ahead") && a.Has("behind"):
		return lack{"behind", "a clock is ahead or behind: this one is both"}
	case a.Has("ahead") && a.Span("ahead").Zero():
		return lack{"ahead", "a clock that is ahead by no time is right"}
	case a.Has("behind") && a.Span("behind").Zero():
		return lack{"behind", "a clock that is behind by no time is right"}
	case a.Factor("speed") == 1:
		return lack{"speed", "a clock at speed 1 is right: 0.5 is half as fast, 2 is twice as fast"}
	}
	return lack{}
}
