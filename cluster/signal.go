package cluster

import "sync"

// signal wakes any number of waiters when something has changed.
type signal struct {
	mu sync.Mutex    // guards ch
	ch chan struct{} // closed at the next change
}

func newSignal() *signal { return &signal{ch: make(chan struct{})} }

// next is closed at the next change after the call.
func (s *signal) next() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ch
}

// raise wakes all who wait.
func (s *signal) raise() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.ch)
	s.ch = make(chan struct{})
}

// closed reports whether a channel has been closed.
func closed(ch <-chan struct{}) bool {
	select {
	case <-ch:
		return true
	default:
		return false
	}
}
