package zkembed

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/zk/zkwire"
)

// randomEffect is something that can be done to the tree as it is.
func randomEffect(rng *rand.Rand, t *tree) *effect {
	path := ""
	for range 1 + rng.IntN(3) {
		path = join(path, fmt.Sprint(rng.IntN(8)))
	}
	kinds := []effectKind{effectCreate, effectCreate, effectDelete, effectSetData, effectSetACL}
	for _, i := range rng.Perm(len(kinds)) {
		e := createEffect(path, fmt.Sprint(rng.Int()))
		e.kind = kinds[i]
		if t.applicable(e) {
			return e
		}
	}
	return &effect{kind: effectSetData, path: "/", data: []byte("x")}
}

// mutate carries out random effects, some of them in a multi that is taken back.
func mutate(s *state, rng *rand.Rand, n int) {
	for range n {
		txn := s.begin(0, zkwire.OpMulti)
		if rng.IntN(4) == 0 {
			undo := &undoLog{}
			for range rng.IntN(4) {
				s.apply(txn, randomEffect(rng, s.tree), undo)
			}
			undo.takeBack()
			txn.effects = nil
		} else {
			s.apply(txn, randomEffect(rng, s.tree), nil)
		}
		s.commit(txn)
	}
}

func TestWalkIsOfTheMomentItBeganWhileWritesGoOn(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 0))
		st, err := loaded(t, Options{})
		if err != nil {
			t.Fatal(err)
		}
		mutate(st, rng, 300)
		want := treeText(st)
		var sessions, nodes zkwire.Encoder
		st.EncodeSessions(&sessions)
		w := st.Walk(&nodes)
		for more := true; more; {
			for range rng.IntN(5) {
				more = more && w.Next()
			}
			mutate(st, rng, rng.IntN(5))
		}
		w.Stop()
		again, err := loaded(t, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(again.DecodeSessions(zkwire.NewDecoder(sessions.Buf)), again.DecodeNodes(zkwire.NewDecoder(nodes.Buf)), again.Check()); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if diff := cmp.Diff(want, treeText(again)); diff != "" {
			t.Fatalf("seed %d (-when it began +what was encoded)\n%s", seed, diff)
		}
	}
}

func TestNothingIsEncodedOnceAWalkHasStopped(t *testing.T) {
	st, err := loaded(t, Options{})
	if err != nil {
		t.Fatal(err)
	}
	mutate(st, rand.New(rand.NewPCG(1, 0)), 300)
	var nodes zkwire.Encoder
	w := st.Walk(&nodes)
	w.Next()
	w.Stop()
	before := len(nodes.Buf)
	mutate(st, rand.New(rand.NewPCG(2, 0)), 300)
	if len(nodes.Buf) != before {
		t.Errorf("%d bytes were encoded behind the end", len(nodes.Buf)-before)
	}
}

func TestSnapshotThatDoesNotEndLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	st, err := New(Options{DataDir: dir, SnapshotEvery: 1}).load(nil)
	if err != nil {
		t.Fatal(err)
	}
	txn := st.begin(0, zkwire.OpCreate)
	st.apply(txn, createEffect("/x", ""), nil)
	st.commit(txn)
	if err := st.flush(); err != nil {
		t.Fatal(err)
	}
	want := treeText(st)
	st.log.Close() // while the snapshot is under way
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 3 { // two logs and the lock
		t.Errorf("files: got %v, %v; want two logs and the lock", files, err)
	}
	again, err := loaded(t, Options{DataDir: dir})
	if err != nil || treeText(again) != want {
		t.Errorf("got %v, %s", err, cmp.Diff(want, treeText(again)))
	}
}

func TestKidsAreFoundAfterAnyChanges(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	k, model := &kids{}, map[string]*znode{}
	for range 20000 {
		name := fmt.Sprint(rng.IntN(300))
		switch n := k.find(name); {
		case n != model[name]:
			t.Fatalf("find %s: got %v, want %v", name, n, model[name])
		case n == nil:
			n = newNode(name, nil, nil, ownerNone)
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
		if model[n.name()] != n {
			t.Errorf("%s: not there", n.name())
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
		k.add(newNode(fmt.Sprintf("n%04d", i), nil, nil, ownerNone))
	}
	for range 1000 {
		name := fmt.Sprintf("n%04d", rng.IntN(2*listedFrom))
		if n := k.find(name); n != nil && k.len() > listedFrom-2 {
			k.remove(n)
		} else if n == nil {
			k.add(newNode(name, nil, nil, ownerNone))
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
