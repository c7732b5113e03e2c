package observe

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
)

// number is a key.
type number int

func (n number) compare(o number) int { return cmp.Compare(n, o) }

func TestOrderedIsASortedSet(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	o, want := ordered[number]{}, []number{}
	for step := range 6000 {
		key := number(rng.IntN(2000))
		at, found := slices.BinarySearch(want, key)
		if phase := step / 2000; rng.IntN(3) != phase { // grows, then changes, then shrinks
			if o.add(key); !found {
				want = slices.Insert(want, at, key)
			}
		} else if o.remove(key); found {
			want = slices.Delete(want, at, at+1)
		}
		if o.count != len(want) {
			t.Fatalf("step %d: got %d keys, want %d", step, o.count, len(want))
		}
		if step%50 != 0 {
			continue
		}
		if got := o.first(len(want) + 1); !slices.Equal(got, want) {
			t.Fatalf("step %d: got %v, want %v", step, got, want)
		}
		from, found := slices.BinarySearch(want, key)
		if found {
			from++
		}
		if got, want := o.after(key, 300), want[from:min(len(want), from+300)]; !slices.Equal(got, want) {
			t.Fatalf("step %d: behind %d got %v, want %v", step, key, got, want)
		}
	}
	if len(o.blocks) < 2 {
		t.Errorf("%d keys are in %d blocks, want several", o.count, len(o.blocks))
	}
}
