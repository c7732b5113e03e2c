package druid

import (
	"strings"
	"sync"
)

// Words that many segments have in common are kept once: names of datasources, versions,
// lists of dimensions. What is shared must not be changed.
var (
	sharedNames = words[string]{of: func(s string) string { return s }}
	sharedLists = words[[]string]{of: func(s string) []string { return strings.Split(s, ",") }}
)

// words keeps one value for each text. It forgets all of them when there are too many,
// as only what occurs often is worth sharing.
type words[V any] struct {
	of func(text string) V

	mu    sync.RWMutex // guards known
	known map[string]V
}

const wordsKept = 1 << 14

// get is the value of a text, made now if the text is new.
func (w *words[V]) get(text []byte) V {
	w.mu.RLock()
	v, known := w.known[string(text)]
	w.mu.RUnlock()
	if known {
		return v
	}
	key := string(text)
	v = w.of(key)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.known == nil || len(w.known) >= wordsKept {
		w.known = map[string]V{}
	}
	w.known[key] = v
	return v
}

// smallNumbers are what pointers to small numbers, such as binary versions, point to.
var smallNumbers = func() (numbers [16]int) {
	for i := range numbers {
		numbers[i] = i
	}
	return numbers
}()

// sharedNumber is a pointer to a number that nobody changes.
func sharedNumber(n int64) *int {
	if n >= 0 && n < int64(len(smallNumbers)) {
		return &smallNumbers[n]
	}
	own := int(n)
	return &own
}
