package cluster

import (
	"context"
	"errors"
	"iter"

	"oakmoot/internal/stage/observe"
	"oakmoot/zkembed"
)

// errNoTrace is the answer on an external ZooKeeper.
var errNoTrace = errors.New("an external ZooKeeper gives no stream of its transactions: trace and record need the embedded one")

// Trace yields protocol steps in Druid's words, with the faults and the starts and ends
// of nodes between them: those remembered from the zxid on, then live ones until ctx
// ends. A reader too slow for the server is told of the gap by an error, and goes on
// behind it.
func (c *Cluster) Trace(ctx context.Context, from int64) iter.Seq2[TraceStep, error] {
	return func(yield func(TraceStep, error) bool) {
		if c.zk == nil {
			yield(TraceStep{}, errNoTrace)
			return
		}
		ctx, cancel := context.WithCancel(ctx)
		commits := c.commits(ctx, from)
		defer func() {
			cancel()
			for range commits { // until the reader of commits has ended
			}
		}()
		c.traceInto(commits, from, yield)
	}
}

// gapped is a commit, or the error of a gap before the next one.
type gapped struct {
	commit zkembed.Commit
	gap    error
}

// commits hands on ZooKeeper's commits until ctx ends, and then closes the channel.
func (c *Cluster) commits(ctx context.Context, from int64) <-chan gapped {
	commits := make(chan gapped)
	go func() {
		defer close(commits)
		for commit, gap := range c.zk.Commits(ctx, zkembed.Zxid(from)) {
			select {
			case commits <- gapped{commit, gap}:
			case <-ctx.Done():
				return
			}
		}
	}()
	return commits
}

// traceInto yields commits and what happened between them, as far as that is wanted.
func (c *Cluster) traceInto(commits <-chan gapped, from int64, yield func(TraceStep, error) bool) {
	acts, reached := merge{told: c.told}, int64(0)
	until := func(zxid int64) bool {
		for _, act := range acts.upTo(zxid) {
			if act.Zxid >= from && !yield(act, nil) {
				return false
			}
		}
		return true
	}
	for {
		more := c.told.more.next()
		if !until(reached) {
			return
		}
		select {
		case <-more:
		case next, open := <-commits:
			switch {
			case !open:
				return
			case next.gap != nil:
				if !yield(TraceStep{}, next.gap) {
					return
				}
				continue
			}
			change := changeOf(next.commit)
			if !until(change.Zxid - 1) {
				return
			}
			if change.Op != "" && !yield(c.step(change), nil) {
				return
			}
			reached = change.Zxid
		}
	}
}

// step is a change in Druid's words.
func (c *Cluster) step(change observe.Change) TraceStep {
	event := observe.Tell(c.paths, change)
	event.Node = c.observer.nodeOf(change.Session)
	return stepOf(event)
}
