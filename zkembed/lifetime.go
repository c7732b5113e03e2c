package zkembed

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
)

// lifetime is what lives from one start or restart to the next: the state, the way to
// it, and the connections. It has many fields because others wait for it in many ways.
type lifetime struct {
	state    *state // owned by whoever has the turn
	turn     turn
	waiting  atomic.Int64 // parcels that are posted and not yet being carried out
	inbox    chan parcel
	done     chan struct{} // closed when the state has ended
	listing  chan struct{} // full while somebody lists what may be long
	lists    chan struct{} // full while as many four-letter words answer with long lists as may
	replaced chan struct{} // closed when the next life has begun, or Run has ended
	conns    sync.WaitGroup

	refused atomic.Int64 // connections
	owed    atomic.Int64 // bytes that have not been written to connections yet

	mu       sync.Mutex // guards the fields below
	open     map[*conn]struct{}
	from     map[origin]int
	numbered int64 // connections so far
	over     bool
}

// origin is what the number of connections is limited by.
type origin struct {
	at   *Endpoint
	host string
}

// inboxLimit is how many parcels may wait for the state; readers wait past it.
const inboxLimit = 1024

func newLifetime(st *state) *lifetime {
	return &lifetime{
		state: st, turn: make(turn, 1), inbox: make(chan parcel, inboxLimit), done: make(chan struct{}), listing: make(chan struct{}, 1), lists: make(chan struct{}, fewLists), replaced: make(chan struct{}),
		open: map[*conn]struct{}{}, from: map[origin]int{},
	}
}

// end closes every connection and returns when their goroutines are gone.
func (l *lifetime) end() {
	close(l.done)
	l.mu.Lock()
	l.over = true
	l.mu.Unlock()
	for _, c := range l.connections(nil) {
		c.finish()
	}
	l.conns.Wait()
}

// connections are those that are open at an endpoint, nil is any, in order of arrival.
func (l *lifetime) connections(at *Endpoint) []*conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := make([]*conn, 0, len(l.open))
	for c := range l.open {
		if at == nil || c.at == at {
			list = append(list, c)
		}
	}
	slices.SortFunc(list, byNumber)
	return list
}

// number is how many connections are open at an endpoint, nil is any.
func (l *lifetime) number(at *Endpoint) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for from, number := range l.from {
		if at == nil || from.at == at {
			n += number
		}
	}
	return n
}

// admit starts serving a connection, unless its address has too many, its endpoint is
// stopped or the life is over. It does so under the lock, so that end waits for every one
// that began.
func (l *lifetime) admit(c *conn, limit int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	from := origin{c.at, c.host}
	if l.over || !c.at.isOpen() || limit > 0 && l.from[from] >= limit {
		l.refused.Add(1)
		return false
	}
	l.numbered++
	c.number = l.numbered
	l.open[c] = struct{}{}
	l.from[from]++
	l.conns.Go(func() {
		c.serve()
		l.dismiss(c)
	})
	return true
}

func (l *lifetime) dismiss(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, c)
	from := origin{c.at, c.host}
	if l.from[from]--; l.from[from] == 0 {
		delete(l.from, from)
	}
}

// call runs f on the state's goroutine and waits for it.
func (l *lifetime) call(ctx context.Context, f func(*state) error) error {
	done := make(chan error, 1)
	if !l.post(parcel{call: func(st *state) { done <- f(st) }}) {
		return ErrNotRunning
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-l.done:
		select {
		case err := <-done: // the state did it last of all
			return err
		default:
			return ErrNotRunning
		}
	}
}
