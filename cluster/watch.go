package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"time"

	"oakmoot/internal/stage/trace"
	"oakmoot/zkembed"
)

// externalPoll is how often conditions are looked at again on an external
// ZooKeeper, which gives no stream of its transactions.
const externalPoll = 200 * time.Millisecond

// watchChanges tells those who wait for a condition that something has changed,
// and writes the record, until ctx ends.
func (c *Cluster) watchChanges(ctx context.Context) error {
	if c.zk == nil {
		for ctx.Err() == nil {
			pauseFor(ctx, externalPoll)
			c.changes.raise()
		}
		return nil
	}
	record, closeRecord, err := c.openRecord()
	if err != nil {
		return err
	}
	defer closeRecord()
	for step, err := range c.Trace(ctx, 0) {
		c.changes.raise()
		if err != nil {
			c.log.Warn("trace has a gap", "error", err)
			continue
		}
		if err := record(step); err != nil {
			return fmt.Errorf("record: %w", err)
		}
	}
	return nil
}

// openRecord opens the file of --record; without one nothing is recorded.
func (c *Cluster) openRecord() (record func(TraceStep) error, done func(), err error) {
	if c.opts.record == "" {
		return func(TraceStep) error { return nil }, func() {}, nil
	}
	f, err := os.Create(c.opts.record)
	if err != nil {
		return nil, nil, &unavailable{fmt.Errorf("record: %w", err)}
	}
	enc := json.NewEncoder(io.Writer(f))
	enc.SetEscapeHTML(false)
	return func(s TraceStep) error { return enc.Encode(s) }, func() { _ = f.Close() }, nil
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
		narrator := trace.Narrator{Paths: c.paths, Who: c.nodeOf}
		for commit, err := range c.zk.Commits(ctx, zkembed.Zxid(from)) {
			if err != nil {
				if !yield(TraceStep{}, err) {
					return
				}
				continue
			}
			change, ok := changeOf(commit)
			if ok && !yield(stepOf(narrator.Tell(change)), nil) {
				return
			}
		}
	}
}

// changeOf is a commit as the trace takes it; a change of an ACL is none of its.
func changeOf(c zkembed.Commit) (trace.Change, bool) {
	op, ok := traceOps[c.Kind]
	return trace.Change{
		Zxid: int64(c.Zxid), Time: c.Time, Session: int64(c.Session), Op: op, Path: c.Path, Before: c.Before, After: c.After,
		Lapsed: c.Kind == zkembed.CommitDelete && c.Op == "closeSession",
	}, ok
}

var traceOps = map[zkembed.CommitKind]trace.Op{
	zkembed.CommitCreate: trace.OpCreate, zkembed.CommitSetData: trace.OpSet, zkembed.CommitDelete: trace.OpDelete,
	zkembed.CommitOpenSession: trace.OpOpenSession, zkembed.CommitCloseSession: trace.OpCloseSession,
}
