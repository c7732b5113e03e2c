package middlemanager

import (
	"context"

	"oakmoot/internal/run/loop"
)

// notice changes the state and says what is to be written to ZooKeeper before
// the next notice is looked at: WorkerTaskManager.Notice.
type notice func() []write

// notices are handled one after the other. The loop owns them.
type notices struct {
	loop    *loop.Loop
	tree    *tree
	queue   []notice
	writing bool // the writes of the last notice are under way
}

func (n *notices) add(next notice) { n.queue = append(n.queue, next) }

// handle handles what is queued until there is something to write.
func (n *notices) handle(ctx context.Context) {
	for len(n.queue) > 0 && !n.writing {
		next := n.queue[0]
		n.queue = n.queue[1:]
		if writes := next(); len(writes) > 0 {
			n.write(ctx, writes)
		}
	}
}

// write carries the writes out beside the loop, and then reports on them in the loop.
func (n *notices) write(ctx context.Context, writes []write) {
	n.writing = true
	n.loop.Async(func() func() {
		var outcomes []func()
		for _, w := range writes {
			err := n.tree.carryOut(ctx, w)
			if err != nil && w.done == nil && ctx.Err() == nil {
				n.tree.log.Error("status not written", "task", w.id, "error", err)
			}
			if w.done != nil {
				outcomes = append(outcomes, func() { w.done(err) })
			}
		}
		return func() {
			n.writing = false
			for _, report := range outcomes {
				report()
			}
		}
	})
}
