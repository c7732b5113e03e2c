package cluster

import (
	"sync"
	"sync/atomic"
)

// lives counts the incarnations of a node, or the processes that have taken a seat.
type lives struct {
	started atomic.Int64
	ready   chan struct{} // closed when the first of them is ready
	once    sync.Once     // closes it
}

func newLives() *lives { return &lives{ready: make(chan struct{})} }

// begin counts one more.
func (l *lives) begin() { l.started.Add(1) }

// arrive notes that one of them is ready.
func (l *lives) arrive() { l.once.Do(func() { close(l.ready) }) }
