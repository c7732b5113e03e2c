package packed

// Index finds ids by the hashes of their things: a hash table of ids alone. Probing is
// linear, and a removal closes its gap.
type Index struct {
	slots []ID // a power of two, 0 where free
	used  int
}

const (
	leastSlots = 8
	// A table is doubled before more than three of four slots are used, and halved
	// when fewer than one of eight is.
	loadOf, loadUnit = 3, 4
	shrinkAt         = 8
)

// Hashes says what the hash of an id's thing is.
type Hashes func(ID) uint32

func (x *Index) home(hash uint32) int { return int(hash) & (len(x.slots) - 1) }

func (x *Index) next(i int) int { return (i + 1) & (len(x.slots) - 1) }

// Len is how many ids there are.
func (x *Index) Len() int { return x.used }

// Find is the id whose thing is the one that is looked for, 0 without one.
func (x *Index) Find(hash uint32, is func(ID) bool) ID {
	if x.used == 0 {
		return 0
	}
	for i := x.home(hash); x.slots[i] != 0; i = x.next(i) {
		if is(x.slots[i]) {
			return x.slots[i]
		}
	}
	return 0
}

// Add adds an id that is not there.
func (x *Index) Add(id ID, of Hashes) {
	if (x.used+1)*loadUnit > len(x.slots)*loadOf {
		x.resize(max(leastSlots, 2*len(x.slots)), of)
	}
	x.place(id, of(id))
	x.used++
}

func (x *Index) place(id ID, hash uint32) {
	i := x.home(hash)
	for x.slots[i] != 0 {
		i = x.next(i)
	}
	x.slots[i] = id
}

// Remove removes an id that is there.
func (x *Index) Remove(id ID, of Hashes) {
	i := x.home(of(id))
	for x.slots[i] != id {
		i = x.next(i)
	}
	x.used--
	x.closeGap(i, of)
	if len(x.slots) > leastSlots && x.used*shrinkAt < len(x.slots) {
		x.resize(len(x.slots)/2, of)
	}
}

// closeGap frees a slot and moves up what would otherwise no longer be found.
func (x *Index) closeGap(gap int, of Hashes) {
	for i := x.next(gap); x.slots[i] != 0; i = x.next(i) {
		home := x.home(of(x.slots[i]))
		if (i-home)&(len(x.slots)-1) >= (i-gap)&(len(x.slots)-1) {
			x.slots[gap] = x.slots[i]
			gap = i
		}
	}
	x.slots[gap] = 0
}

func (x *Index) resize(size int, of Hashes) {
	old := x.slots
	x.slots = make([]ID, size)
	for _, id := range old {
		if id != 0 {
			x.place(id, of(id))
		}
	}
}
