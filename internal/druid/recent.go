package druid

import (
	"hash/maphash"
	"sync"
)

// recent reads texts, and remembers what the latest say: in one process the servers' view of each role, the model of the
// cluster and the trace read the same. What it returns is shared, and must not be changed.
type recent[V any] struct {
	read func(content []byte) (V, error) // unpacked; must not keep it

	mu          sync.Mutex // guards the fields below
	young, aged map[textKey]*reading[V]
}

// reading is a text that is read by the first who needs it.
type reading[V any] struct {
	once sync.Once
	says V
	err  error
}

var unpackers = sync.Pool{New: func() any { return new(Unpacker) }}

// recentKept is how many texts are remembered at least, once there are so many: those since the table was last full,
// and as many before them. A trace of a hundred servers that announce in turn has as many that are before and after.
const recentKept = 512

// get is what a text says. Whoever has it unpacked already saves the first reader the work; nil is for the others.
func (r *recent[V]) get(text, unpacked []byte) (V, error) {
	one := r.find(textKey{maphash.Bytes(textSeeds[0], text), maphash.Bytes(textSeeds[1], text)})
	one.once.Do(func() {
		if unpacked == nil {
			u := unpackers.Get().(*Unpacker)
			defer unpackers.Put(u)
			unpacked = u.Unpack(text)
		}
		one.says, one.err = r.read(unpacked)
	})
	return one.says, one.err
}

func (r *recent[V]) find(key textKey) *reading[V] {
	r.mu.Lock()
	defer r.mu.Unlock()
	if one := r.young[key]; one != nil {
		return one
	}
	one := r.aged[key]
	if one == nil {
		one = new(reading[V])
	}
	if r.young == nil || len(r.young) >= recentKept {
		r.young, r.aged = make(map[textKey]*reading[V], recentKept), r.young
	}
	r.young[key] = one
	return one
}
