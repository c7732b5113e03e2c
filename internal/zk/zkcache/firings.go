package zkcache

import (
	"sync"

	"oakmoot/internal/zk/zkconn"
)

// firing is what a watch of the cache has seen.
type firing struct {
	name    string // of the child, for a watch of its data
	child   *child // nil for a watch of the directory
	listing int    // after which that was set
	saw     zkconn.EventType
}

// firings hold what watches have seen until the cache looks, in the order of the
// connection. There is one at most for each watch.
type firings struct {
	mu    sync.Mutex // guards items
	items []firing
	some  chan struct{} // holds a token while items is not empty
}

func newFirings() *firings { return &firings{some: make(chan struct{}, 1)} }

func (f *firings) put(one firing) {
	f.mu.Lock()
	f.items = append(f.items, one)
	f.mu.Unlock()
	select {
	case f.some <- struct{}{}:
	default:
	}
}

func (f *firings) take() []firing {
	f.mu.Lock()
	defer f.mu.Unlock()
	items := f.items
	f.items = nil
	return items
}
