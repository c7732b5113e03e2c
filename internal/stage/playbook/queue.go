package playbook

import "sync"

// queue is how often a step's event has happened and has not been looked at.
type queue struct {
	mu    sync.Mutex // guards times
	times int
	more  chan struct{} // full while times is not 0
}

func (q *queue) add(n int) {
	q.mu.Lock()
	q.times += n
	q.mu.Unlock()
	select {
	case q.more <- struct{}{}:
	default:
	}
}

func (q *queue) take() (n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	n, q.times = q.times, 0
	return n
}
