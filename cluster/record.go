package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/stage/observe"
)

// recorder feeds the model with ZooKeeper's changes, and writes each as a step into the
// record.
type recorder struct {
	observer *observer
	trace    *trace
	path     string // of the record; "" is none
	log      hclog.Logger
}

// run goes on until ctx ends.
func (r *recorder) run(ctx context.Context) error {
	if r.trace.server == nil {
		return r.observer.feed.follow(ctx, r.observer, nil)
	}
	write, done, err := r.open()
	if err != nil {
		return err
	}
	defer done()
	return r.observer.feed.follow(ctx, r.observer, func(change observe.Change, gap error) error {
		if gap != nil {
			r.log.Warn("trace has a gap", "error", gap)
			return nil
		}
		if change.Op == "" {
			return nil
		}
		if err := write(change); err != nil {
			return fmt.Errorf("record: %w", err)
		}
		return nil
	})
}

// open opens the record; without one nothing is written.
func (r *recorder) open() (write func(observe.Change) error, done func(), err error) {
	if r.path == "" {
		return func(observe.Change) error { return nil }, func() {}, nil
	}
	f, err := os.Create(r.path)
	if err != nil {
		return nil, nil, &unavailable{fmt.Errorf("record: %w", err)}
	}
	enc := json.NewEncoder(f)
	enc.SetEscapeHTML(false)
	return func(change observe.Change) error { return enc.Encode(r.trace.step(change)) }, func() { _ = f.Close() }, nil
}
