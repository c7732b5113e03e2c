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

// doer carries an action out on nodes. It returns how to undo it, nil for a single
// shot.
type doer func(ctx context.Context, c *Cluster, a scenario.Action, nodes []*node) (undo func(context.Context) error, err error)

// doers are the verbs that this version carries out.
var doers = map[string]doer{
	"kill":           supervised(verbKill, verbStart),
	"stop":           supervised(verbStop, verbStart),
	"start":          started(verbStart),
	"restart":        started(verbRestart),
	"pause":          pause,
	"resume":         resume,
	"expire_session": expireSession,
	"disconnect":     disconnect,
	"partition":      partition,
	"delay":          delay,
}

// supervised is a verb of the nodes' supervisors, and the one that undoes it.
func supervised(do, inverse verb) doer {
	return func(ctx context.Context, _ *Cluster, _ scenario.Action, nodes []*node) (func(context.Context) error, error) {
		if err := tellAll(ctx, nodes, do); err != nil {
			return nil, err
		}
		return func(ctx context.Context) error { return tellAll(ctx, nodes, inverse) }, nil
	}
}

// started is a verb after which the nodes are up again: that they were down is over,
// whoever made them so.
func started(do verb) doer {
	return func(ctx context.Context, c *Cluster, _ scenario.Action, nodes []*node) (func(context.Context) error, error) {
		if err := tellAll(ctx, nodes, do); err != nil {
			return nil, err
		}
		c.disarm(nodes, "kill", "stop")
		return nil, nil
	}
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

// disarm forgets the faults of the verbs that met these nodes only: they are over. One
// that met more still holds the others.
func (c *Cluster) disarm(nodes []*node, verbs ...string) {
	over := names(nodes)
	c.armed.take(func(f *armedFault) bool {
		return slices.Contains(verbs, f.verb) && !slices.ContainsFunc(f.Nodes, func(name string) bool { return !slices.Contains(over, name) })
	})
}

// onLinks arms a fault on the link of each node; undoing it ends all of them.
func onLinks(nodes []*node, arm func(*fault.Link) (undo func())) (func(context.Context) error, error) {
	undos := make([]func(), len(nodes))
	for i, n := range nodes {
		undos[i] = arm(n.link)
	}
	return func(context.Context) error {
		for _, undo := range undos {
			undo()
		}
		return nil
	}, nil
}

func pause(_ context.Context, _ *Cluster, _ scenario.Action, nodes []*node) (func(context.Context) error, error) {
	return onLinks(nodes, (*fault.Link).Pause)
}

// resume undoes every pause of the nodes, whoever armed it.
func resume(ctx context.Context, c *Cluster, _ scenario.Action, nodes []*node) (func(context.Context) error, error) {
	for _, n := range nodes {
		n.link.Resume()
	}
	c.disarm(nodes, "pause")
	return nil, nil
}

func disconnect(ctx context.Context, c *Cluster, _ scenario.Action, nodes []*node) (func(context.Context) error, error) {
	for _, n := range nodes {
		if !n.role.External {
			n.link.Disconnect()
			continue
		}
		if err := c.zk.Disconnect(ctx, zkembed.SessionID(n.sessionID())); err != nil {
			return nil, fmt.Errorf("disconnect %s: %w", n.name, err)
		}
	}
	return nil, nil
}

// expireSession ends the nodes' sessions: by the embedded server, or on a real one
// by closing the same session from a second connection.
func expireSession(ctx context.Context, c *Cluster, _ scenario.Action, nodes []*node) (func(context.Context) error, error) {
	for _, n := range nodes {
		id := n.sessionID()
		if id == 0 {
			return nil, fmt.Errorf("%s has no session now", n.name)
		}
		var err error
		if c.zk != nil {
			err = c.zk.Expire(ctx, zkembed.SessionID(id))
		} else {
			err = n.link.ExpireSession(ctx)
		}
		if err != nil {
			return nil, fmt.Errorf("expire session 0x%x of %s: %w", id, n.name, err)
		}
	}
	return nil, nil
}

func partition(ctx context.Context, c *Cluster, a scenario.Action, nodes []*node) (func(context.Context) error, error) {
	peers, err := c.peers(ctx, a.Peer, nodes)
	if err != nil {
		return nil, err
	}
	way := direction(a.Direction)
	near, err := onLinks(nodes, func(l *fault.Link) func() { return l.Partition(peers, way) })
	if err != nil || a.Peer.Empty() {
		return near, err
	}
	// A link does not know who dialled it, so what the peers dial is cut at theirs.
	others, err := c.pick(ctx, a.Peer)
	if err != nil {
		return near, err
	}
	hosts := map[string]bool{}
	for _, n := range nodes {
		hosts[n.host()] = true
	}
	mine := func(p fault.Peer) bool { return !p.ZooKeeper && hosts[p.Addr] }
	far, err := onLinks(others, func(l *fault.Link) func() { return l.Partition(mine, opposite(way)) })
	return func(ctx context.Context) error { return errors.Join(near(ctx), far(ctx)) }, err
}

func delay(ctx context.Context, c *Cluster, a scenario.Action, nodes []*node) (func(context.Context) error, error) {
	peers, err := c.peers(ctx, a.Peer, nodes)
	if err != nil {
		return nil, err
	}
	session := c.topo.ZooKeeper.SessionTimeout.Duration
	return onLinks(nodes, func(l *fault.Link) func() {
		return l.Delay(peers, a.By.In(session), a.Jitter.In(session))
	})
}

// peers is whom a selector means, as the links of nodes see them; no selector means
// everybody.
func (c *Cluster) peers(ctx context.Context, s scenario.Selector, of []*node) (fault.Peers, error) {
	if s.Empty() {
		return nil, nil
	}
	nodes, err := c.pick(ctx, s)
	if err != nil {
		return nil, err
	}
	zookeeper := s.ZooKeeper()
	if !zookeeper && len(of) == 1 && slices.Equal(nodes, of) {
		return nil, fmt.Errorf("%s has no connection to itself", of[0].name)
	}
	hosts := map[string]bool{}
	for _, n := range nodes {
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
