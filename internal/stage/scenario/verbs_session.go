package scenario

import (
	"context"
	"fmt"
	"slices"
)

// sessionVerbs are those that meet ZooKeeper sessions, and heal, which ends faults of
// any kind.
var sessionVerbs = []Verb{
	{Name: "expire_session", Reach: ReachSession, Do: expireSession, Does: "ends the node's ZooKeeper session at once"},
	{Name: "disconnect", Reach: ReachSession, Do: disconnect, Does: "closes the node's ZooKeeper connection once"},
	{Name: "zk_disconnect", Reach: ReachSession, Do: zkDisconnect, Does: "has ZooKeeper close the node's connection once; of an external ZooKeeper the link does it"},
	{Name: "heal", On: OnAny, Do: heal, Does: "ends armed faults: all of them, one by its id, or those of the nodes selected"},
}

func disconnect(ctx context.Context, s Stage, _ Action, nodes []Actor) (Done, error) {
	for _, n := range nodes {
		if !n.External() {
			n.Link().Disconnect()
			continue
		}
		if err := s.ZooKeeper().Disconnect(ctx, n.Session()); err != nil {
			return Done{}, fmt.Errorf("disconnect %s: %w", n.Name(), err)
		}
	}
	return Done{}, nil
}

// zkDisconnect closes the nodes' connections from ZooKeeper's side, where that is ours.
func zkDisconnect(ctx context.Context, s Stage, a Action, nodes []Actor) (Done, error) {
	if !s.ZooKeeper().Embedded() {
		return disconnect(ctx, s, a, nodes)
	}
	for _, n := range nodes {
		if n.Session() == 0 {
			return Done{}, fmt.Errorf("%s has no session now", n.Name())
		}
		if err := s.ZooKeeper().Disconnect(ctx, n.Session()); err != nil {
			return Done{}, fmt.Errorf("disconnect %s: %w", n.Name(), err)
		}
	}
	return Done{}, nil
}

// expireSession ends the nodes' sessions: by the embedded server, or on a real one
// by closing the same session from a second connection.
func expireSession(ctx context.Context, s Stage, _ Action, nodes []Actor) (Done, error) {
	for _, n := range nodes {
		id := n.Session()
		if id == 0 {
			return Done{}, fmt.Errorf("%s has no session now", n.Name())
		}
		var err error
		if s.ZooKeeper().Embedded() {
			err = s.ZooKeeper().Expire(ctx, id)
		} else {
			err = n.Link().ExpireSession(ctx)
		}
		if err != nil {
			return Done{}, fmt.Errorf("expire session 0x%x of %s: %w", id, n.Name(), err)
		}
	}
	return Done{}, nil
}

// heal undoes armed faults: the one named, those that touch the nodes picked, or all.
func heal(ctx context.Context, s Stage, a Action, nodes []Actor) (Done, error) {
	met := 0
	healed, err := s.Heal(ctx, func(f Armed) bool {
		match := a.ID == "" && a.Target.Empty() || a.ID == f.ID ||
			slices.ContainsFunc(nodes, func(n Actor) bool { return slices.Contains(f.Nodes, n.Name()) })
		if match {
			met++
		}
		return match
	})
	if a.ID != "" && met == 0 {
		return Done{Healed: healed}, NoFaultError{a.ID}
	}
	return Done{Healed: healed}, err
}

// NoFaultError is the error for a fault's id that no armed fault has.
type NoFaultError struct{ ID string }

func (e NoFaultError) Error() string { return fmt.Sprintf("no fault %s is armed", e.ID) }
