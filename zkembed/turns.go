package zkembed

import (
	"context"
	"iter"
	"slices"
	"sync"
	"time"
)

// turnSize is how many things a listing looks at in one turn: others wait no longer than
// that, however long the list is.
const turnSize = 4096

// turns lists something long for a caller in many short turns, with other requests in
// between. What comes or goes meanwhile may or may not be in the list; everything else is
// in it once.
type turns struct {
	ctx      context.Context
	life     *lifetime
	patience time.Duration // with each turn; 0 is unlimited
	taken    int
	first    func(*state) // done in the first turn; nil is nothing
}

// take runs f on the state and waits for it.
func (t *turns) take(f func(*state)) error {
	ctx, cancel := t.patient()
	defer cancel()
	if err := ctx.Err(); err != nil {
		return err
	}
	first := t.first
	t.taken++
	t.first = nil
	return t.life.call(ctx, func(s *state) error {
		if first != nil {
			first(s)
		}
		f(s)
		return nil
	})
}

func (t *turns) patient() (context.Context, context.CancelFunc) {
	if t.patience == 0 {
		return t.ctx, func() {}
	}
	return context.WithTimeout(t.ctx, t.patience)
}

// alone admits one listing at a time, since each takes as much memory as what it lists.
func (t *turns) alone() (over func(), err error) {
	ctx, cancel := t.patient()
	defer cancel()
	select {
	case t.life.listing <- struct{}{}:
		return func() { <-t.life.listing }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// fewLists is how many four-letter words may be answering with a long list at a time:
// clients may be slow to read, and each list takes memory.
const fewLists = 4

// oneOfFew waits until one more long list is allowed; over ends it.
func (t *turns) oneOfFew() (over func(), err error) {
	ctx, cancel := t.patient()
	defer cancel()
	select {
	case t.life.lists <- struct{}{}:
		return func() { <-t.life.lists }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// listed is what the iterator yields. The iterator is only advanced in turns.
func listed[T any](t *turns, of func(*state) iter.Seq[T]) ([]T, error) {
	over, err := t.alone()
	if err != nil {
		return nil, err
	}
	defer over()
	l := &listing[T]{of: of}
	defer l.end()
	var parts [][]T
	for more := true; more; {
		l.makeRoom()
		if err := t.take(l.goOn); err != nil {
			return nil, err
		}
		var part []T
		part, more = l.taken()
		parts = append(parts, part)
	}
	return slices.Concat(parts...), nil
}

// listing is one under way. A turn only fills room that was made beforehand: allocating
// memory for a long list takes longer than looking at what is listed, and others would
// wait for that.
type listing[T any] struct {
	of func(*state) iter.Seq[T]

	mu   sync.Mutex // guards the fields below, for the length of a turn
	next func() (T, bool)
	stop func()
	room []T
	over bool
}

func (l *listing[T]) makeRoom() {
	room := make([]T, 0, turnSize)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.room = room
}

func (l *listing[T]) goOn(s *state) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return
	}
	if l.next == nil {
		l.next, l.stop = iter.Pull(l.of(s))
	}
	for len(l.room) < cap(l.room) {
		v, ok := l.next()
		if !ok {
			l.over = true
			return
		}
		l.room = append(l.room, v)
	}
}

// taken is what a turn has brought, and whether there may be more.
func (l *listing[T]) taken() (part []T, more bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.room, !l.over
}

// end makes a turn that still comes do nothing.
func (l *listing[T]) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over = true; l.stop != nil {
		l.stop()
	}
}
