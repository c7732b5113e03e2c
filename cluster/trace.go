package cluster

import (
	"context"
	"errors"
	"iter"
	"math"

	"oakmoot/internal/stage/observe"
	"oakmoot/internal/zk/zkpath"
	"oakmoot/zkembed"
)

// errNoTrace is the error with an external ZooKeeper.
var errNoTrace = errors.New("an external ZooKeeper gives no stream of its transactions: trace and record need the embedded one")

// Trace yields protocol steps in Druid's words, with the faults and the starts and ends
// of nodes between them: those remembered from the zxid on, then live ones until ctx ends. A reader too slow for the server gets an error for the gap,
// and continues after it.
func (c *Cluster) Trace(ctx context.Context, from int64) iter.Seq2[TraceStep, error] {
	return func(yield func(TraceStep, error) bool) {
		if !closed(c.opened) {
			yield(TraceStep{}, errNotOpened)
			return
		}
		newTrace(c.zookeeper, c.observer).steps(ctx, from)(yield)
	}
}

// trace tells the transactions of the embedded server in Druid's words.
type trace struct {
	server *zkembed.Server // nil with an external ZooKeeper
	told   *told           // what happens between them
	paths  zkpath.Paths
	nodeOf func(session int64) string
}

func newTrace(e *ensemble, o *observer) *trace {
	return &trace{server: e.server, told: o.told, paths: o.paths, nodeOf: o.nodeOf}
}

// steps are what Trace yields.
func (t *trace) steps(ctx context.Context, from int64) iter.Seq2[TraceStep, error] {
	return func(yield func(TraceStep, error) bool) {
		if t.server == nil {
			yield(TraceStep{}, errNoTrace)
			return
		}
		ctx, cancel := context.WithCancel(ctx)
		commits := t.commits(ctx, from)
		defer func() {
			cancel()
			for range commits { // until the reader of commits has ended
			}
		}()
		t.merge(commits, from, yield)
	}
}

// gapped is a commit, or the error of a gap before the next one.
type gapped struct {
	commit zkembed.Commit
	gap    error
}

// commits hands on ZooKeeper's commits until ctx ends, and then closes the channel.
func (t *trace) commits(ctx context.Context, from int64) <-chan gapped {
	commits := make(chan gapped)
	go func() {
		defer close(commits)
		for commit, gap := range t.server.Commits(ctx, zkembed.Zxid(from)) {
			select {
			case commits <- gapped{commit, gap}:
			case <-ctx.Done():
				return
			}
		}
	}()
	return commits
}

// merge yields commits and what happened between them.
func (t *trace) merge(commits <-chan gapped, from int64, yield func(TraceStep, error) bool) {
	acts, reached := merge{told: t.told}, int64(0)
	until := func(zxid int64) bool {
		for _, act := range acts.upTo(zxid) {
			if act.Zxid >= from && !yield(act, nil) {
				return false
			}
		}
		return true
	}
	for {
		more := t.told.more.next()
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
				if zxid, back := wentBack(next.gap); back {
					if !until(math.MaxInt64) {
						return
					}
					reached = zxid
				}
				if !yield(TraceStep{}, next.gap) {
					return
				}
				continue
			}
			change := changeOf(next.commit)
			if !until(change.Zxid-1) || change.Op != "" && !yield(t.step(change), nil) {
				return
			}
			reached = change.Zxid
		}
	}
}

// step is a change in Druid's words.
func (t *trace) step(change observe.Change) TraceStep {
	return t.named(observe.Tell(t.paths, change), change.Session)
}

// named is an event with the node whose session it was.
func (t *trace) named(event observe.Event, session int64) TraceStep {
	event.Node = t.nodeOf(session)
	return stepOf(event)
}
