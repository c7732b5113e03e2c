package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"oakmoot/internal/run/fault"
	"oakmoot/internal/stage/scenario"
)

// onLinks arms a fault on the link of each node; undoing it ends all of them.
func onLinks(nodes []*node, arm func(*fault.Link) (undo func())) func(context.Context) error {
	undos := make([]func(), len(nodes))
	for i, n := range nodes {
		undos[i] = arm(n.link)
	}
	return func(context.Context) error {
		for _, undo := range undos {
			undo()
		}
		return nil
	}
}

func pause(_ context.Context, _ *director, _ scenario.Action, nodes []*node) (done, error) {
	return done{undo: onLinks(nodes, (*fault.Link).Pause)}, nil
}

// resume undoes every pause of the nodes, whoever armed it.
func resume(_ context.Context, d *director, _ scenario.Action, nodes []*node) (done, error) {
	for _, n := range nodes {
		n.link.Resume()
	}
	d.forget(nodes, "pause")
	return done{}, nil
}

// partition cuts the nodes off from their peers. Peers that are processes of their own
// can be cut off only one way.
func partition(ctx context.Context, d *director, a scenario.Action, nodes []*node) (done, error) {
	others, err := d.pick(ctx, a.Peer)
	if err != nil {
		return done{}, err
	}
	for _, n := range others {
		if n.role.External && a.Direction != "to" {
			return done{}, fmt.Errorf("%s is a process of its own: what it sends cannot be held up from here, only what is sent to it (direction to)", n.name)
		}
	}
	peers, err := peersOf(nodes, a.Peer, others)
	if err != nil {
		return done{}, err
	}
	way := direction(a.Direction)
	near := onLinks(nodes, func(l *fault.Link) func() { return l.Partition(peers, way) })
	if a.Peer.Empty() {
		return done{undo: near}, nil
	}
	// A link does not know who dialled it, so what the peers dial is cut at theirs.
	hosts := map[string]bool{}
	for _, n := range nodes {
		hosts[n.host()] = true
	}
	mine := func(p fault.Peer) bool { return !p.ZooKeeper && hosts[p.Addr] }
	far := onLinks(others, func(l *fault.Link) func() { return l.Partition(mine, opposite(way)) })
	return done{undo: func(ctx context.Context) error { return errors.Join(near(ctx), far(ctx)) }}, nil
}

func delay(ctx context.Context, d *director, a scenario.Action, nodes []*node) (done, error) {
	others, err := d.pick(ctx, a.Peer)
	if err != nil {
		return done{}, err
	}
	peers, err := peersOf(nodes, a.Peer, others)
	if err != nil {
		return done{}, err
	}
	return done{undo: onLinks(nodes, func(l *fault.Link) func() {
		return l.Delay(peers, a.By.In(d.session), a.Jitter.In(d.session))
	})}, nil
}

// peersOf is whom a selector means, who are the others, as the links of nodes see them;
// no selector means everybody.
func peersOf(nodes []*node, s scenario.Selector, others []*node) (fault.Peers, error) {
	if s.Empty() {
		return nil, nil
	}
	zookeeper := s.ZooKeeper()
	if !zookeeper && len(nodes) == 1 && slices.Equal(others, nodes) {
		return nil, fmt.Errorf("%s has no connection to itself", nodes[0].name)
	}
	hosts := map[string]bool{}
	for _, n := range others {
		hosts[n.host()] = true
	}
	return func(p fault.Peer) bool { return p.ZooKeeper && zookeeper || !p.ZooKeeper && hosts[p.Addr] }, nil
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
