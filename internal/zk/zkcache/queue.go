package zkcache

import (
	"context"
	"sync"
)

// Queue holds events until somebody takes them. Its bound is the directories rather than
// a number: a reader that lags gets each child's latest states.
type Queue struct {
	mu     sync.Mutex // guards the fields below
	items  []Event
	latest map[origin]int // the last item of each child; nil while there are few
	some   chan struct{}  // holds a token while items is not empty
}

// origin is the child that an event is about.
type origin struct {
	of   *Cache
	name string
}

// NewQueue makes a queue for the events of caches, each in its order.
func NewQueue() *Queue { return &Queue{some: make(chan struct{}, 1)} }

// queueLimit is how many events may wait before updates of the same child are merged.
const queueLimit = 1024

func (q *Queue) put(e Event) {
	q.mu.Lock()
	defer q.mu.Unlock()
	of := origin{e.From, e.Name}
	if len(q.items) >= queueLimit {
		q.find()
		if at, waits := q.latest[of]; waits && e.Type == Updated && q.items[at].Type == Updated {
			q.items[at] = e
			return
		}
		q.latest[of] = len(q.items)
	}
	q.items = append(q.items, e)
	select {
	case q.some <- struct{}{}:
	default:
	}
}

// find finds the last item of each child.
func (q *Queue) find() {
	if q.latest != nil {
		return
	}
	q.latest = make(map[origin]int, len(q.items))
	for i, e := range q.items {
		q.latest[origin{e.From, e.Name}] = i
	}
}

// Some yields something when there are events to take.
func (q *Queue) Some() <-chan struct{} { return q.some }

// Take returns the events that wait, in order.
func (q *Queue) Take() []Event {
	q.mu.Lock()
	defer q.mu.Unlock()
	items := q.items
	q.items, q.latest = nil, nil
	return items
}

// pump passes events on until ctx ends.
func (q *Queue) pump(ctx context.Context, out chan<- Event) {
	defer close(out)
	for {
		select {
		case <-q.some:
		case <-ctx.Done():
			return
		}
		for _, e := range q.Take() {
			select {
			case out <- e:
			case <-ctx.Done():
				return
			}
		}
	}
}
