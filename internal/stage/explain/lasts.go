package explain

// key is what a step is remembered by.
type key struct{ what, a, b string }

// last is the latest step with a key.
type last struct {
	seq  int64
	node string
}

// lasts are the latest steps by their keys. They are in two generations: once the young one is full it becomes the old
// one, and what nobody has asked for since the last time is forgotten.
type lasts struct{ young, old map[key]last }

// generation is how many keys there are in a generation at most.
const generation = 100_000

func newLasts() lasts { return lasts{young: map[key]last{}} }

func (l *lasts) put(k key, seq int64, node string) {
	if len(l.young) >= generation {
		l.young, l.old = map[key]last{}, l.young
	}
	l.young[k] = last{seq, node}
}

func (l *lasts) get(k key) (found last, there bool) {
	if found, there = l.young[k]; there {
		return found, true
	}
	if found, there = l.old[k]; there {
		l.put(k, found.seq, found.node)
	}
	return found, there
}

func (l *lasts) drop(k key) {
	delete(l.young, k)
	delete(l.old, k)
}
