package history

import (
	"fmt"
	"strings"
	"testing"

	"oakmoot/internal/stage/record"
)

// When the beginning goes, what was noted in it and still held is kept, and nothing else.
func TestWhatWasNotedBeforeTheFirstHeldStepIsKept(t *testing.T) {
	h, err := New(Options{Bytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	h.Note(record.Note{Key: "steps", Index: 1, Value: "never changed"})
	for i := range 100 {
		grow(h, 100)
		h.Note(record.Note{Key: "steps", Index: 0, Value: fmt.Sprint("after ", (i+1)*100)})
	}
	first := h.Span().First
	if first <= 100 || int64(len(h.notes.all)) > 103-first/100 {
		t.Errorf("%d notes are held from step %d on", len(h.notes.all), first)
	}
	for _, seq := range []int64{first, 9_999, 10_000} {
		_ = h.At(seq, func(p Past) {
			want := fmt.Sprintf("after %d, never changed", seq/100*100)
			if got := strings.Join(p.Notes("steps"), ", "); got != want {
				t.Errorf("step %d: got %q, want %q", seq, got, want)
			}
		})
	}
	steps, _ := h.Whole(0, 1)
	if len(steps) != 3 || steps[0].Verb != "notes" || steps[2].Verb == "notes" {
		t.Errorf("a record begins with %+v, want both notes and a step", steps)
	}
}
