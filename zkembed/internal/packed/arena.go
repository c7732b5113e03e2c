// Package packed holds millions of small things in little memory: in an arena, where each
// has a number of 32 bits instead of an address, and in an index of such numbers.
package packed

// ID is the number of a thing in an arena; 0 is none.
type ID uint32

// chunk is how many things are allocated at a time: nothing is ever copied to grow.
const (
	chunkBits = 12
	chunk     = 1 << chunkBits
)

// Arena holds things of one type. It gives its memory back when it is empty.
type Arena[T any] struct {
	chunks [][]T
	made   ID   // the highest id ever given
	free   []ID // given back
}

// New makes a thing with its zero value.
func (a *Arena[T]) New() (ID, *T) {
	if last := len(a.free) - 1; last >= 0 {
		id := a.free[last]
		a.free = a.free[:last]
		return id, a.At(id)
	}
	if int(a.made+1)>>chunkBits == len(a.chunks) {
		a.chunks = append(a.chunks, make([]T, chunk))
	}
	a.made++
	return a.made, a.At(a.made)
}

// At is the thing with an id.
func (a *Arena[T]) At(id ID) *T { return &a.chunks[id>>chunkBits][id&(chunk-1)] }

// Free takes a thing back.
func (a *Arena[T]) Free(id ID) {
	var zero T
	*a.At(id) = zero
	a.free = append(a.free, id)
	if a.Len() == 0 {
		*a = Arena[T]{}
	}
}

// Len is how many things there are.
func (a *Arena[T]) Len() int { return int(a.made) - len(a.free) }

// Top is the highest id that a thing may have. One that has been taken back has its zero
// value.
func (a *Arena[T]) Top() ID { return a.made }
