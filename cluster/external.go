package cluster

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"oakmoot/internal/stage/scenario"
)

// throughZooKeeper are the verbs that the embedded ZooKeeper carries out on the
// session of any process.
var throughZooKeeper = []string{"expire_session", "disconnect"}

// refuseExternal is the error for an action that cannot be done to one of its nodes,
// because that is a process of its own. Nothing has been done then.
func (c *Cluster) refuseExternal(ctx context.Context, a scenario.Action, targets []*node) error {
	for _, n := range targets {
		if n.role.External {
			if err := c.refuse(a.Verb.Name, n); err != nil {
				return err
			}
		}
	}
	if a.Verb.Name != "partition" || a.Direction == "to" {
		return nil
	}
	peers, err := c.pick(ctx, a.Peer)
	if err != nil {
		return err
	}
	for _, n := range peers {
		if n.role.External {
			return fmt.Errorf("%s is a process of its own: what it sends cannot be held up from here, only what is sent to it (direction to)", n.name)
		}
	}
	return nil
}

// refuse is the error for a verb that cannot be done to an external node, or nil.
func (c *Cluster) refuse(verb string, n *node) error {
	switch {
	case slices.Contains([]string{"kill", "stop", "start", "restart"}, verb):
		return fmt.Errorf("%s is a process of its own: it is neither started nor ended from here", n.name)
	case !slices.Contains(throughZooKeeper, verb):
		return fmt.Errorf("%s is a process of its own: its traffic does not pass through here; what can be done to it is %s",
			n.name, strings.Join(throughZooKeeper, ", "))
	case c.zk == nil:
		return fmt.Errorf("%s is a process of its own: only the embedded ZooKeeper can end its session or connection", n.name)
	case n.sessionID() == 0:
		return fmt.Errorf("%s has no session now: nobody is in the seat", n.name)
	}
	return nil
}

// patienceForSeats is ctx with the time that external seats are given.
func (c *Cluster) patienceForSeats(ctx context.Context) (context.Context, context.CancelFunc) {
	if c.opts.patience <= 0 || !slices.ContainsFunc(c.nodes, func(n *node) bool { return n.role.External }) {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, c.opts.patience, ErrMissing)
}

// missing is the error for seats that were not taken in time, nil when ctx ended for
// another reason.
func (c *Cluster) missing(ctx context.Context) error {
	if context.Cause(ctx) != ErrMissing {
		return nil
	}
	who := c.Waiting()
	if len(who) == 0 {
		who = []string{"somebody who leads"}
	}
	return fmt.Errorf("after %v still waiting for %s: %w", c.opts.patience, strings.Join(who, "; "), ErrMissing)
}

// Waiting tells, a line a seat, which external seats are empty, and what is not as it
// should be about those that are taken.
func (c *Cluster) Waiting() []string {
	var lines []string
	for _, n := range c.nodes {
		o := n.seat.Load()
		if o == nil || o.session != 0 && len(o.remarks) == 0 {
			continue
		}
		line := fmt.Sprintf("%s, a real %s", n.name, n.kind)
		if o.session == 0 && o.host != "" {
			line += " at " + o.host
		}
		if len(o.remarks) > 0 {
			line += " (" + strings.Join(o.remarks, "; ") + ")"
		}
		lines = append(lines, line)
	}
	return lines
}
