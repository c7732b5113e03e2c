package scenario

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"oakmoot/internal/run/fault"
)

// linkVerbs are those that the link between a node and the network carries out.
var linkVerbs = []Verb{
	{Name: "pause", Clauses: lasting, Reach: ReachTraffic, Prompt: true, Do: pause, Does: "freezes all the node's traffic, as SIGSTOP would"},
	{Name: "resume", Reach: ReachTraffic, Prompt: true, Do: resume, Does: "lets a paused node go on"},
	{Name: "partition", Clauses: toPeers, Reach: ReachTraffic, Prompt: true, Do: partition, Does: "holds up what the node and its peers send each other"},
	{Name: "delay", Clauses: with(toPeers, "by", "jitter"), Needs: []string{"by"}, Reach: ReachTraffic, Prompt: true, Do: delay,
		Does: "makes the node's traffic late"},
}

// onLinks arms a fault on the link of each node; undoing it ends all of them.
func onLinks(nodes []Actor, arm func(*fault.Link) (undo func())) func(context.Context) error {
	undos := make([]func(), len(nodes))
	for i, n := range nodes {
		undos[i] = arm(n.Link())
	}
	return func(context.Context) error {
		for _, undo := range undos {
			undo()
		}
		return nil
	}
}

func pause(_ context.Context, _ Stage, _ Action, nodes []Actor) (Done, error) {
	return Done{Undo: onLinks(nodes, (*fault.Link).Pause)}, nil
}

// resume undoes every pause of the nodes, whoever armed it.
func resume(_ context.Context, s Stage, _ Action, nodes []Actor) (Done, error) {
	for _, n := range nodes {
		n.Link().Resume()
	}
	s.Over(nodes, "pause")
	return Done{}, nil
}

// partition cuts the nodes off from their peers. Peers that are processes of their own
// can be cut off only one way.
func partition(ctx context.Context, s Stage, a Action, nodes []Actor) (Done, error) {
	others, err := s.Pick(ctx, a.Peer())
	if err != nil {
		return Done{}, err
	}
	for _, n := range others {
		if n.External() && a.Word("direction") != "to" {
			return Done{}, fmt.Errorf("%s is a process of its own: what it sends cannot be held up from here, only what is sent to it (direction to)", n.Name())
		}
	}
	peers, err := peersOf(nodes, a.Peer(), others)
	if err != nil {
		return Done{}, err
	}
	way := direction(a.Word("direction"))
	near := onLinks(nodes, func(l *fault.Link) func() { return l.Partition(peers, way) })
	if a.Peer().Empty() {
		return Done{Undo: near}, nil
	}
	// A link does not know who dialled it, so what the peers dial is cut at theirs.
	hosts := hostsOf(nodes)
	mine := func(p fault.Peer) bool { return !p.ZooKeeper && hosts[p.Addr] }
	far := onLinks(others, func(l *fault.Link) func() { return l.Partition(mine, opposite(way)) })
	return Done{Undo: func(ctx context.Context) error { return errors.Join(near(ctx), far(ctx)) }}, nil
}

func delay(ctx context.Context, s Stage, a Action, nodes []Actor) (Done, error) {
	peers, err := pickPeers(ctx, s, a, nodes)
	if err != nil {
		return Done{}, err
	}
	by, jitter := a.Span("by").In(s.SessionTimeout()), a.Span("jitter").In(s.SessionTimeout())
	return Done{Undo: onLinks(nodes, func(l *fault.Link) func() { return l.Delay(peers, by, jitter) })}, nil
}

// pickPeers is whom an action separates the nodes from, as their links see them.
func pickPeers(ctx context.Context, s Stage, a Action, nodes []Actor) (fault.Peers, error) {
	others, err := s.Pick(ctx, a.Peer())
	if err != nil {
		return nil, err
	}
	return peersOf(nodes, a.Peer(), others)
}

// peersOf is whom a selector means, who are the others, as the links of nodes see them;
// no selector means everybody.
func peersOf(nodes []Actor, s Selector, others []Actor) (fault.Peers, error) {
	if s.Empty() {
		return nil, nil
	}
	zookeeper := s.ZooKeeper()
	if !zookeeper && len(nodes) == 1 && slices.Equal(others, nodes) {
		return nil, fmt.Errorf("%s has no connection to itself", nodes[0].Name())
	}
	hosts := hostsOf(others)
	return func(p fault.Peer) bool { return p.ZooKeeper && zookeeper || !p.ZooKeeper && hosts[p.Addr] }, nil
}

func hostsOf(nodes []Actor) map[string]bool {
	hosts := map[string]bool{}
	for _, n := range nodes {
		hosts[n.Host()] = true
	}
	return hosts
}

func direction(word string) fault.Direction {
	switch word {
	case "to":
		return fault.To
	case "from":
		return fault.From
	}
	return fault.Both
}

// opposite is a direction as the other end sees it.
func opposite(d fault.Direction) fault.Direction {
	switch d {
	case fault.To:
		return fault.From
	case fault.From:
		return fault.To
	}
	return fault.Both
}
