package scenario

import (
	"context"
	"errors"

	"oakmoot/internal/run/fault"
)

// linkVerbs are those that the link between a node and the network carries out on all
// that passes.
var linkVerbs = []Verb{
	{Name: "pause", Clauses: lasting, Signal: "SIGSTOP", Reach: ReachTraffic, Prompt: true, Do: pause, Does: "freezes all the node's traffic, as SIGSTOP would"},
	{Name: "resume", Signal: "SIGCONT", Reach: ReachTraffic, Prompt: true, Do: resume, Does: "lets a paused node go on"},
	{Name: "partition", Clauses: toPeers, Reach: ReachTraffic, Prompt: true, Do: onLinks(func(Stage, Action) fault.Effect { return fault.Hold{} }),
		Does: "holds up what the node and its peers send each other"},
	{Name: "cut", Clauses: []string{"from", "for"}, Reach: ReachTraffic, Prompt: true, Do: onLinks(func(Stage, Action) fault.Effect { return fault.Refuse{} }),
		Does: "breaks the node's connections, and refuses new ones"},
	{Name: "delay", Clauses: with(toPeers, "by", "jitter"), Needs: []string{"by"}, Reach: ReachTraffic, Prompt: true, Do: onLinks(late),
		Does: "makes the node's traffic late"},
	{Name: "bandwidth", Clauses: with(toPeers, "rate"), Needs: []string{"rate"}, Reach: ReachTraffic, Prompt: true,
		Do:   onLinks(func(_ Stage, a Action) fault.Effect { return fault.Bandwidth{Rate: a.Count("rate", 0)} }),
		Does: "lets so much of the node's traffic through in a second, each way"},
	{Name: "drop", Clauses: with(toPeers, "share"), Needs: []string{"share"}, Reach: ReachTraffic, Prompt: true, Do: onLinks(lose),
		Does: "loses a share of the requests and replies, at random; as TCP has no holes, the connection of each breaks"},
	{Name: "reset", Clauses: with(toPeers, "frames", "times"), Needs: []string{"frames"}, Reach: ReachTraffic, Prompt: true,
		Do:   onLinks(func(_ Stage, a Action) fault.Effect { return fault.Reset{Messages: a.Count("frames", 0)} }),
		Does: "resets each connection once so many requests and replies have passed"},
}

// onLinks arms an effect on all that passes between the nodes and their peers.
func onLinks(effect func(Stage, Action) fault.Effect) Doer {
	return func(ctx context.Context, s Stage, a Action, nodes []Actor) (Done, error) {
		return armLinks(ctx, s, a, nodes, effect(s, a), fault.Rule{})
	}
}

func late(s Stage, a Action) fault.Effect {
	return fault.Late{By: a.Span("by").In(s.SessionTimeout()), Jitter: a.Span("jitter").In(s.SessionTimeout())}
}

func lose(Stage, Action) fault.Effect { return fault.Lose{} }

// pause freezes the links of nodes of ours, and sends SIGSTOP to the others.
func pause(ctx context.Context, s Stage, a Action, nodes []Actor) (Done, error) {
	theirs, mine := outsiders(nodes), ours(nodes)
	goOn := func(ctx context.Context) error { return cueAll(ctx, theirs, CueResume) }
	if err := cueAll(ctx, theirs, CuePause); err != nil {
		return Done{}, errors.Join(err, goOn(ctx))
	}
	if len(mine) == 0 {
		return Done{Undo: goOn}, nil
	}
	done, err := armLinks(ctx, s, a, mine, fault.Freeze{}, fault.Rule{})
	if err != nil {
		return Done{}, errors.Join(err, goOn(ctx))
	}
	thaw := done.Undo
	done.Undo = func(ctx context.Context) error { return errors.Join(thaw(ctx), goOn(ctx)) }
	return done, nil
}

// resume undoes every pause of the nodes, whoever armed it.
func resume(ctx context.Context, s Stage, _ Action, nodes []Actor) (Done, error) {
	if err := cueAll(ctx, outsiders(nodes), CueResume); err != nil {
		return Done{}, err
	}
	for _, n := range ours(nodes) {
		n.Link().Resume()
	}
	s.Over(nodes, "pause")
	return Done{}, nil
}
