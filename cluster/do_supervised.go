package cluster

import (
	"context"
	"errors"
	"sync"

	"oakmoot/internal/stage/scenario"
)

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
