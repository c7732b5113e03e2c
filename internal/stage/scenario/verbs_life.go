package scenario

import (
	"context"
	"errors"
	"slices"
	"sync"
)

// lifeVerbs are those that a node's supervisor carries out.
var lifeVerbs = []Verb{
	{Name: "kill", Clauses: lasting, Signal: "SIGKILL", Reach: ReachLife, Prompt: true, Do: ended(CueKill),
		Does: "ends the node without a goodbye: its ephemerals live until the session times out"},
	{Name: "stop", Clauses: lasting, Signal: "SIGTERM", Reach: ReachLife, Do: ended(CueStop), Does: "ends the node as SIGTERM would"},
	{Name: "start", Reach: ReachLife, Do: started(CueStart), Does: "starts a node that was killed or stopped"},
	{Name: "restart", Reach: ReachLife, Do: started(CueRestart), Does: "stops the node and starts it again"},
}

// ended ends nodes; undoing it starts those again that are ours.
func ended(cue Cue) Doer {
	return func(ctx context.Context, _ Stage, _ Action, nodes []Actor) (Done, error) {
		if err := cueAll(ctx, nodes, cue); err != nil {
			return Done{}, err
		}
		mine := ours(nodes)
		if len(mine) == 0 {
			return Done{}, nil
		}
		return Done{Undo: func(ctx context.Context) error { return cueAll(ctx, mine, CueStart) }}, nil
	}
}

// ours are the nodes that are no processes of their own.
func ours(nodes []Actor) []Actor {
	return slices.DeleteFunc(slices.Clone(nodes), Actor.External)
}

// outsiders are the nodes that are processes of their own.
func outsiders(nodes []Actor) []Actor {
	return slices.DeleteFunc(slices.Clone(nodes), func(n Actor) bool { return !n.External() })
}

// started has nodes up again. That they were down is over, whoever brought them down.
func started(cue Cue) Doer {
	return func(ctx context.Context, s Stage, _ Action, nodes []Actor) (Done, error) {
		if err := cueAll(ctx, nodes, cue); err != nil {
			return Done{}, err
		}
		s.Over(nodes, "kill", "stop")
		return Done{}, nil
	}
}

// cueAll has all supervisors do it at the same time.
func cueAll(ctx context.Context, nodes []Actor, cue Cue) error {
	errs := make([]error, len(nodes))
	var all sync.WaitGroup
	for i, n := range nodes {
		all.Go(func() { errs[i] = n.Live(ctx, cue) })
	}
	all.Wait()
	return errors.Join(errs...)
}
