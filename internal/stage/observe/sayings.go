package observe

import (
	"cmp"
	"slices"
)

// sayings are what znodes say under keys. If several speak under one key, such as the latch nodes of two sessions of
// one process, the last in path order counts.
type sayings[K comparable, V any] struct {
	work *int // counts what is touched
	of   map[K][]saying[V]
}

// saying is what one znode says.
type saying[V any] struct {
	path  string
	value V
}

func newSayings[K comparable, V any](work *int) sayings[K, V] {
	return sayings[K, V]{work, map[K][]saying[V]{}}
}

// put adds what a znode says; the znode must not have said anything under the key yet.
func (s sayings[K, V]) put(key K, path string, value V) {
	list := s.of[key]
	i, _ := find(list, path)
	s.of[key] = slices.Insert(list, i, saying[V]{path, value})
	*s.work += 1 + len(list) - i
}

// drop removes what a znode has said.
func (s sayings[K, V]) drop(key K, path string) {
	list := s.of[key]
	i, found := find(list, path)
	if !found {
		return
	}
	*s.work += len(list) - i
	if len(list) == 1 {
		delete(s.of, key)
		return
	}
	s.of[key] = slices.Delete(list, i, i+1)
}

func find[V any](list []saying[V], path string) (int, bool) {
	return slices.BinarySearchFunc(list, path, func(s saying[V], path string) int { return cmp.Compare(s.path, path) })
}

// last is what counts under a key.
func (s sayings[K, V]) last(key K) (value V, said bool) {
	list := s.of[key]
	if len(list) == 0 {
		return value, false
	}
	return list[len(list)-1].value, true
}

// values are all that is said under a key, in path order.
func (s sayings[K, V]) values(key K) []V {
	list := s.of[key]
	values := make([]V, len(list))
	for i, one := range list {
		values[i] = one.value
	}
	return values
}

// has reports whether anything is said under a key.
func (s sayings[K, V]) has(key K) bool { return len(s.of[key]) > 0 }
