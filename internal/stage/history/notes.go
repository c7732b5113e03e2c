package history

import (
	"sort"

	"oakmoot/internal/stage/record"
)

// notes are what had come of the parts of the play, and from when on.
type notes struct {
	all []noted            // in the order in which they came
	of  map[string][][]int // places in all, by key and index
}

// noted is a note with the place of the step after which it came.
type noted struct {
	record.Note
	after int64
}

// noteBytes is what a note takes, beside its text.
const noteBytes = 80

func (n *notes) add(note record.Note, after int64) {
	if n.of == nil {
		n.of = map[string][][]int{}
	}
	list := n.of[note.Key]
	for len(list) <= note.Index {
		list = append(list, nil)
	}
	list[note.Index] = append(list[note.Index], len(n.all))
	n.of[note.Key] = list
	n.all = append(n.all, noted{note, after})
}

// at are the latest values under a key after a step, in their order.
func (n *notes) at(key string, seq int64) (values []string) {
	for _, places := range n.of[key] {
		if i := sort.Search(len(places), func(i int) bool { return n.all[places[i]].after > seq }); i > 0 {
			values = append(values, n.all[places[i-1]].Value)
		}
	}
	return values
}

// between are the notes after a step, up to those after another.
func (n *notes) between(from, to int64) []noted {
	place := func(seq int64) int {
		return sort.Search(len(n.all), func(i int) bool { return n.all[i].after > seq })
	}
	return n.all[place(from):max(place(from), place(to))]
}

// from are the notes without those that others have replaced before a step.
func (n *notes) from(first int64) *notes {
	kept := &notes{}
	for place, note := range n.all {
		places := n.of[note.Key][note.Index]
		if next := sort.SearchInts(places, place) + 1; next < len(places) && n.all[places[next]].after < first {
			continue
		}
		kept.add(note.Note, note.after)
	}
	return kept
}

// Note takes what has come of a part of the play. Nobody is told: it is no step.
func (h *History) Note(n record.Note) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.notes.add(n, h.next-1)
	size := noteBytes + len(n.Value)
	h.blocks[len(h.blocks)-1].bytes += size
	h.bytes += size
}

// Notes are what had come of the parts of the play that are noted under a key, as JSON.
func (p Past) Notes(key string) []string {
	p.history.mu.Lock()
	defer p.history.mu.Unlock()
	return p.history.notes.at(key, p.Seq)
}
