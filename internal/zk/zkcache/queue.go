package zkcache

import (
	"context"
	"sync"
)

// queue holds events until somebody takes them. Its bound is the directory rather than
// a number: a reader that lags gets each child's latest states.
type queue struct {
	out chan Event

	mu    sync.Mutex // guards items
	items []Event
	some  chan struct{} // holds a token while items is not empty
}

func newQueue() *queue { return &queue{out: make(chan Event), some: make(chan struct{}, 1)} }

// queueLimit is how many events may wait before updates of the same child are merged.
const queueLimit = 1024

func (q *queue) put(e Event) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.items) >= queueLimit && e.Type == Updated {
		for i := len(q.items) - 1; i >= 0; i-- {
			if q.items[i].Name != e.Name {
				continue
			}
			if q.items[i].Type == Updated {
				q.items[i] = e
				return
			}
			break
		}
	}
	q.items = append(q.items, e)
	select {
	case q.some <- struct{}{}:
	default:
	}
}

// pump passes events on until ctx ends.
func (q *queue) pump(ctx context.Context) {
	defer close(q.out)
	for {
		select {
		case <-q.some:
		case <-ctx.Done():
			return
		}
		for _, e := range q.take() {
			select {
			case q.out <- e:
			case <-ctx.Done():
				return
			}
		}
	}
}

func (q *queue) take() []Event {
	q.mu.Lock()
	defer q.mu.Unlock()
	items := q.items
	q.items = nil
	return items
}
