package loop

import "sync"

// Box holds what others leave for the owner of a loop without waiting for it: Some beside Calls. Nothing bounds it but
// that they leave one thing for each that they were asked for.
type Box[T any] struct {
	mu    sync.Mutex // guards items
	items []T
	some  chan struct{} // holds a token while there is something
}

// NewBox makes an empty box.
func NewBox[T any]() *Box[T] { return &Box[T]{some: make(chan struct{}, 1)} }

// Put leaves something. It never waits.
func (b *Box[T]) Put(item T) {
	b.mu.Lock()
	b.items = append(b.items, item)
	b.mu.Unlock()
	select {
	case b.some <- struct{}{}:
	default:
	}
}

// Some yields something when there may be something to take.
func (b *Box[T]) Some() <-chan struct{} { return b.some }

// Take returns what has been left, in order.
func (b *Box[T]) Take() []T {
	b.mu.Lock()
	defer b.mu.Unlock()
	items := b.items
	b.items = nil
	return items
}
