package tree

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"oakmoot/internal/zk/zkwire"
)

func TestKidsAreFoundAfterAnyChanges(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	k, model := &kids{}, map[string]*Node{}
	for range 20000 {
		name := fmt.Sprint(rng.IntN(300))
		switch n := k.find(name); {
		case n != model[name]:
			t.Fatalf("find %s: got %v, want %v", name, n, model[name])
		case n == nil:
			n = newNode(name, nil, nil, OwnerNone)
			k.add(n)
			model[name] = n
		case rng.IntN(3) > 0:
			k.remove(n)
			delete(model, name)
		}
		if k.len() != len(model) || len(k.slots) > leastSlots && k.used*loadUnit > len(k.slots)*loadOf {
			t.Fatalf("%d of %d slots used, want %d names", k.used, len(k.slots), len(model))
		}
	}
	seen := 0
	for n := range k.all() {
		if model[n.Name()] != n {
			t.Errorf("%s: not there", n.Name())
		}
		seen++
	}
	if seen != len(model) {
		t.Errorf("got %d names, want %d", seen, len(model))
	}
}

func TestListOfManyChildrenFollowsEveryChange(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	k := &kids{}
	for i := range 2 * listedFrom {
		k.add(newNode(fmt.Sprintf("n%04d", i), nil, nil, OwnerNone))
	}
	for range 1000 {
		name := fmt.Sprintf("n%04d", rng.IntN(2*listedFrom))
		if n := k.find(name); n != nil && k.len() > listedFrom-2 {
			k.remove(n)
		} else if n == nil {
			k.add(newNode(name, nil, nil, OwnerNone))
		}
		for range 2 { // the second time as it was kept
			var listed zkwire.Encoder
			k.encode(&listed)
			names := zkwire.NewDecoder(listed.Buf).Strings()
			if len(names) != k.len() || len(listed.Buf) != 4+len(names)*(4+len(name)) {
				t.Fatalf("got %d names in %d bytes, want %d", len(names), len(listed.Buf), k.len())
			}
			slices.Sort(names)
			for i, name := range names {
				if k.find(name) == nil || i > 0 && name == names[i-1] {
					t.Fatalf("%s: gone, or listed twice", name)
				}
			}
		}
	}
}
