package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"

	"oakmoot/internal/stage/observe"
	"oakmoot/zkembed"
)

// watchChanges feeds the model with ZooKeeper's changes, and writes the record, until
// ctx ends.
func (c *Cluster) watchChanges(ctx context.Context) error {
	if c.zk == nil {
		return c.observer.feed.follow(ctx, c.observer, nil)
	}
	record, closeRecord, err := c.openRecord()
	if err != nil {
		return err
	}
	defer closeRecord()
	return c.observer.feed.follow(ctx, c.observer, func(change observe.Change, gap error) error {
		if gap != nil {
			c.log.Warn("trace has a gap", "error", gap)
			return nil
		}
		if change.Op == "" {
			return nil
		}
		if err := record(change); err != nil {
			return fmt.Errorf("record: %w", err)
		}
		return nil
	})
}

// openRecord opens the file of --record; without one nothing is recorded.
func (c *Cluster) openRecord() (record func(observe.Change) error, done func(), err error) {
	if c.opts.record == "" {
		return func(observe.Change) error { return nil }, func() {}, nil
	}
	f, err := os.Create(c.opts.record)
	if err != nil {
		return nil, nil, &unavailable{fmt.Errorf("record: %w", err)}
	}
	enc := json.NewEncoder(f)
	enc.SetEscapeHTML(false)
	return func(change observe.Change) error { return enc.Encode(c.step(change)) }, func() { _ = f.Close() }, nil
}

// errNoTrace is the answer on an external ZooKeeper.
var errNoTrace = errors.New("an external ZooKeeper gives no stream of its transactions: trace and record need the embedded one")

// Trace yields protocol steps in Druid's words: those remembered from the zxid on,
// then live ones until ctx ends. A reader too slow for the server is told of the
// gap by an error, and goes on behind it.
func (c *Cluster) Trace(ctx context.Context, from int64) iter.Seq2[TraceStep, error] {
	return func(yield func(TraceStep, error) bool) {
		if c.zk == nil {
			yield(TraceStep{}, errNoTrace)
			return
		}
		for commit, err := range c.zk.Commits(ctx, zkembed.Zxid(from)) {
			if err != nil {
				if !yield(TraceStep{}, err) {
					return
				}
				continue
			}
			if change := changeOf(commit); change.Op != "" && !yield(c.step(change), nil) {
				return
			}
		}
	}
}

// step is a change in Druid's words.
func (c *Cluster) step(change observe.Change) TraceStep {
	event := observe.Tell(c.paths, change)
	event.Node = c.observer.nodeOf(change.Session)
	return stepOf(event)
}
