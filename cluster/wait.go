package cluster

import (
	"context"
	"fmt"
	"time"

	"oakmoot/internal/control"
	"oakmoot/internal/scenario"
)

// How often a condition is looked at while it does not hold: after each change in
// ZooKeeper, though not more often than settle, and every recheck for what changes
// elsewhere, such as the metadata store.
const (
	settle  = 5 * time.Millisecond
	recheck = 100 * time.Millisecond
)

// WaitFor returns once the condition holds, for example "leaders(coordinator) == 1".
// When ctx ends first, the error tells what was seen last.
func (c *Cluster) WaitFor(ctx context.Context, condition string) error {
	return c.Wait(ctx, condition)
}

// Wait is WaitFor, under the name that the control address knows.
func (c *Cluster) Wait(ctx context.Context, condition string) error {
	parsed, err := scenario.ParseCondition(condition)
	if err == nil {
		err = parsed.Check(c.universe())
	}
	if err != nil {
		return fmt.Errorf("%w: %w", control.ErrBadExpression, err)
	}
	select {
	case <-c.opened:
	case <-ctx.Done():
		return fmt.Errorf("%s: %w", condition, ctx.Err())
	}
	return c.until(ctx, parsed)
}

func (c *Cluster) until(ctx context.Context, condition scenario.Condition) error {
	seen := "nothing was seen yet"
	for {
		changed := c.changes.next()
		holds, now, err := c.look(ctx, condition)
		if err == nil && holds {
			return nil
		}
		if err == nil {
			seen = now
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s does not hold: %s: %w", condition, seen, ctx.Err())
		case <-changed:
			pauseFor(ctx, settle)
		case <-time.After(recheck):
		}
	}
}

// look evaluates a condition against the cluster as it is now.
func (c *Cluster) look(ctx context.Context, condition scenario.Condition) (holds bool, seen string, err error) {
	return condition.Eval(ctx, &moment{c: c})
}

// pauseFor sleeps, or returns early when ctx ends.
func pauseFor(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
