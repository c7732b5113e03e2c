package playbook

import "sync"

// queue counts the events of a step that it has still to meet.
type queue struct {
	busy func(by int)  // told of each event that comes and each that is met; nil when nobody waits for the step
	more chan struct{} // full while times is not 0

	mu    sync.Mutex // guards the fields below
	times int
	over  bool // the step meets no more
}

func newQueue(busy func(by int)) *queue { return &queue{busy: busy, more: make(chan struct{}, 1)} }

// add adds events, unless the step meets no more.
func (q *queue) add(n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.over {
		return
	}
	q.times += n
	q.tell(n)
	select {
	case q.more <- struct{}{}:
	default:
	}
}

// take is how many events there are; each is then to be met.
func (q *queue) take() (n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	n, q.times = q.times, 0
	return n
}

// met notes that events that were taken have been met, or let pass.
func (q *queue) met(n int) { q.tell(-n) }

// end lets pass what is there, and all that is still to come.
func (q *queue) end() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.tell(-q.times)
	q.times, q.over = 0, true
}

func (q *queue) tell(by int) {
	if q.busy != nil {
		q.busy(by)
	}
}
