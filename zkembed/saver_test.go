package zkembed

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
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

func TestSnapshotIsOfTheMomentItBeganWhileWritesGoOn(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 0))
		st, err := loaded(t, Options{})
		if err != nil {
			t.Fatal(err)
		}
		mutate(st, rng, 300)
		want := treeText(st)
		name := filepath.Join(t.TempDir(), snapshotName(st.zxid))
		st.saver = startSaver(st, filepath.Dir(name))
		for sv := st.saver; len(sv.todo) > 0; {
			for range rng.IntN(5) {
				if len(sv.todo) > 0 {
					sv.next()
				}
			}
			mutate(st, rng, rng.IntN(5))
		}
		again, err := readBack(t, st, name)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if diff := cmp.Diff(want, treeText(again)); diff != "" {
			t.Fatalf("seed %d (-when it began +in the file)\n%s", seed, diff)
		}
	}
}

// readBack is what the snapshot under way holds when it has come to its end.
func readBack(t *testing.T, st *state, name string) (*state, error) {
	t.Helper()
	endSnapshot(st)
	again, err := loaded(t, Options{})
	if err != nil {
		return nil, err
	}
	return again, again.readSnapshot(name)
}

// Chunks are filled again once they have been written, and not before.
func TestSnapshotOfManyChunksHoldsThemAll(t *testing.T) {
	st, err := loaded(t, Options{})
	if err != nil {
		t.Fatal(err)
	}
	const nodes, size = 200, 40 << 10
	for i := range nodes {
		commitEach(t, st, createEffect(fmt.Sprintf("/n%d", i), strings.Repeat(string(rune('a'+i%26)), size)))
	}
	if chunks := nodes * size / chunkBytes; chunks < 5*(chunksHeld+2) {
		t.Fatalf("%d chunks are too few to be filled again", chunks)
	}
	want := treeText(st)
	name := filepath.Join(t.TempDir(), snapshotName(st.zxid))
	st.saver = startSaver(st, filepath.Dir(name))
	again, err := readBack(t, st, name)
	if err != nil {
		t.Fatal(err)
	}
	if treeText(again) != want {
		t.Error("what was read is not what was there")
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
	st.close() // while the snapshot is under way
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
