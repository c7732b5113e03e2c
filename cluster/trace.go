package cluster

import (
	"context"
	"errors"
	"iter"

	"oakmoot/internal/stage/observe"
	"oakmoot/internal/zk/zkpath"
	"oakmoot/zkembed"
)

// errNoTrace is the error with an external ZooKeeper.
var errNoTrace = errors.New("an external ZooKeeper gives no stream of its transactions: trace and record need the embedded one")

// Trace yields protocol steps in Druid's words: those remembered from the zxid on, then
// live ones until ctx ends. A reader too slow for the server gets an error for the gap,
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
	paths  zkpath.Paths
	nodeOf func(session int64) string
}

func newTrace(e *ensemble, o *observer) *trace {
	return &trace{server: e.server, paths: o.paths, nodeOf: o.nodeOf}
}

// steps are what Trace yields.
func (t *trace) steps(ctx context.Context, from int64) iter.Seq2[TraceStep, error] {
	return func(yield func(TraceStep, error) bool) {
		if t.server == nil {
			yield(TraceStep{}, errNoTrace)
			return
		}
		for commit, err := range t.server.Commits(ctx, zkembed.Zxid(from)) {
			if err != nil {
				if !yield(TraceStep{}, err) {
					return
				}
				continue
			}
			if change := changeOf(commit); change.Op != "" && !yield(t.step(change), nil) {
				return
			}
		}
	}
}

// step is a change in Druid's words.
func (t *trace) step(change observe.Change) TraceStep {
	event := observe.Tell(t.paths, change)
	event.Node = t.nodeOf(change.Session)
	return stepOf(event)
}
