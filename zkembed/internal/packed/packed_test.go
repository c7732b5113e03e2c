package packed

import (
	"testing"

	"pgregory.net/rapid"
)

// An arena and an index together are a map, whatever is done to them; hashes that collide
// are what it is about.
func TestArenaAndIndexAreAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type thing struct{ key, value int }
		var arena Arena[thing]
		var index Index
		want := map[int]int{}
		spread := rapid.SampledFrom([]uint32{1, 7, 1 << 31}).Draw(t, "spread")
		hash := func(key int) uint32 { return uint32(key) * spread }
		of := func(id ID) uint32 { return hash(arena.At(id).key) }
		find := func(key int) ID { return index.Find(hash(key), func(id ID) bool { return arena.At(id).key == key }) }
		for range rapid.IntRange(0, 300).Draw(t, "steps") {
			key := rapid.IntRange(0, 60).Draw(t, "key")
			id := find(key)
			if _, there := want[key]; there != (id != 0) {
				t.Fatalf("key %d: found %d, want it there: %v", key, id, there)
			}
			switch {
			case id != 0 && rapid.Bool().Draw(t, "remove"):
				index.Remove(id, of)
				arena.Free(id)
				delete(want, key)
			case id == 0:
				id, made := arena.New()
				if *made != (thing{}) {
					t.Fatalf("a new thing is %+v", *made)
				}
				*made = thing{key, key * 3}
				index.Add(id, of)
				want[key] = key * 3
			}
			if arena.Len() != len(want) || index.Len() != len(want) {
				t.Fatalf("got %d things and %d ids, want %d", arena.Len(), index.Len(), len(want))
			}
		}
		for key, value := range want {
			if id := find(key); id == 0 || arena.At(id).value != value {
				t.Errorf("key %d is not found", key)
			}
		}
		seen := 0
		for id := ID(1); id <= arena.Top(); id++ {
			if arena.At(id).value != 0 || want[0] == 0 && arena.At(id).key != 0 {
				seen++
			}
		}
		if _, zero := want[0]; !zero && seen != len(want) {
			t.Errorf("saw %d things on a walk, want %d", seen, len(want))
		}
	})
}

func TestArenaGrowsBeyondAChunkAndGivesItsMemoryBack(t *testing.T) {
	var a Arena[int]
	var ids []ID
	for i := range 3 * chunk {
		id, p := a.New()
		*p = i
		ids = append(ids, id)
	}
	for i, id := range ids {
		if *a.At(id) != i {
			t.Fatalf("thing %d: got %d, want %d", id, *a.At(id), i)
		}
	}
	for _, id := range ids {
		a.Free(id)
	}
	if len(a.chunks) != 0 || a.Len() != 0 || a.Top() != 0 {
		t.Errorf("an empty arena holds %d chunks", len(a.chunks))
	}
}
