package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"oakmoot/internal/run/fault"
	"oakmoot/internal/stage/scenario"
	"oakmoot/zkembed"
)

// doer is how a verb is carried out on nodes.
type doer struct {
	do    func(ctx context.Context, d *director, a scenario.Action, nodes []*node) (done, error)
	reach reach // what has to be ours of each of the nodes
}

// done is what came of an action.
type done struct {
	undo   func(context.Context) error // nil for a single shot
	healed []string                    // of a verb that ends faults: the nodes that had them
}

// doers are the verbs that this version carries out, by their names in scenario.Verbs.
var doers = map[string]doer{
	"kill":           supervised(verbKill, verbStart),
	"stop":           supervised(verbStop, verbStart),
	"start":          started(verbStart),
	"restart":        started(verbRestart),
	"pause":          {pause, reachTraffic},
	"resume":         {resume, reachTraffic},
	"expire_session": {expireSession, reachSession},
	"disconnect":     {disconnect, reachSession},
	"partition":      {partition, reachTraffic},
	"delay":          {delay, reachTraffic},
	"heal":           {heal, reachNothing},
}

// supervised is a verb of the nodes' supervisors, and the one that undoes it.
func supervised(do, inverse verb) doer {
	return doer{func(ctx context.Context, _ *director, _ scenario.Action, nodes []*node) (done, error) {
		if err := tellAll(ctx, nodes, do); err != nil {
			return done{}, err
		}
		return done{undo: func(ctx context.Context) error { return tellAll(ctx, nodes, inverse) }}, nil
	}, reachLife}
}

// started is a verb after which the nodes are up again: that they were down is over,
// whoever made them so.
func started(do verb) doer {
	return doer{func(ctx context.Context, d *director, _ scenario.Action, nodes []*node) (done, error) {
		if err := tellAll(ctx, nodes, do); err != nil {
			return done{}, err
		}
		d.forget(nodes, "kill", "stop")
		return done{}, nil
	}, reachLife}
}

// tellAll has all supervisors do it at the same time.
func tellAll(ctx context.Context, nodes []*node, v verb) error {
	errs := make([]error, len(nodes))
	var all sync.WaitGroup
	for i, n := range nodes {
		all.Go(func() { errs[i] = n.tell(ctx, v) })
	}
	all.Wait()
	return errors.Join(errs...)
}

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

func disconnect(ctx context.Context, d *director, _ scenario.Action, nodes []*node) (done, error) {
	for _, n := range nodes {
		if !n.role.External {
			n.link.Disconnect()
			continue
		}
		if err := d.zk.Disconnect(ctx, zkembed.SessionID(n.sessionID())); err != nil {
			return done{}, fmt.Errorf("disconnect %s: %w", n.name, err)
		}
	}
	return done{}, nil
}

// expireSession ends the nodes' sessions: by the embedded server, or on a real one
// by closing the same session from a second connection.
func expireSession(ctx context.Context, d *director, _ scenario.Action, nodes []*node) (done, error) {
	for _, n := range nodes {
		id := n.sessionID()
		if id == 0 {
			return done{}, fmt.Errorf("%s has no session now", n.name)
		}
		var err error
		if d.zk != nil {
			err = d.zk.Expire(ctx, zkembed.SessionID(id))
		} else {
			err = n.link.ExpireSession(ctx)
		}
		if err != nil {
			return done{}, fmt.Errorf("expire session 0x%x of %s: %w", id, n.name, err)
		}
	}
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

// heal undoes armed faults: the one named, those that touch the nodes picked, or all.
func heal(ctx context.Context, d *director, a scenario.Action, nodes []*node) (done, error) {
	healed, picked := []string{}, names(nodes)
	err := d.undo(ctx, func(f *armedFault) bool {
		match := a.ID == "" && a.Target.Empty() || a.ID == f.ID ||
			slices.ContainsFunc(f.Nodes, func(name string) bool { return slices.Contains(picked, name) })
		if match {
			healed = append(healed, f.Nodes...)
		}
		return match
	})
	if a.ID != "" && len(healed) == 0 {
		return done{healed: healed}, fmt.Errorf("%w: no fault %s is armed", ErrBadExpression, a.ID)
	}
	slices.Sort(healed)
	return done{healed: slices.Compact(healed)}, err
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
