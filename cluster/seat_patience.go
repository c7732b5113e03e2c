package cluster

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"
)

// patience is how long external seats may be empty, or the roles without a leader.
type patience struct {
	limit time.Duration // 0 is no limit
	nodes nodes
}

// await returns once every node has announced itself, every external seat is taken, and
// every role that elects has a leader.
func (p patience) await(ctx context.Context, o *observer) error {
	ctx, cancel := p.limited(ctx)
	defer cancel()
	if err := p.nodes.await(ctx, o); err != nil {
		return cmp.Or(p.missing(ctx), err)
	}
	return nil
}

// limited is ctx with that time, if there are such seats.
func (p patience) limited(ctx context.Context) (context.Context, context.CancelFunc) {
	if p.limit <= 0 || len(p.nodes.seats()) == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, p.limit, ErrMissing)
}

// missing is the error for seats that were not taken in time; nil if ctx ended for
// another reason.
func (p patience) missing(ctx context.Context) error {
	if context.Cause(ctx) != ErrMissing {
		return nil
	}
	who := p.nodes.waiting()
	if len(who) == 0 {
		who = []string{"somebody who leads"}
	}
	return fmt.Errorf("after %v still waiting for %s: %w", p.limit, strings.Join(who, "; "), ErrMissing)
}

// Waiting says which external seats are empty, and what is wrong with those that are
// taken, in a line for each.
func (c *Cluster) Waiting() []string { return c.nodes.waiting() }

// waiting is a line for each external seat that is empty, or has remarks.
func (all nodes) waiting() []string {
	var lines []string
	for _, n := range all {
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
