package cluster

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

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

// Waiting says, a line a seat, which external seats are empty, and what is not as it
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
