package tree

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/zk/zkwire"
)

// world is a tree and its next transaction's zxid.
type world struct {
	*Tree
	zxid zkwire.Zxid
	rng  *rand.Rand
}

func newWorld(seed uint64) *world {
	w := &world{Tree: New(), rng: rand.New(rand.NewPCG(seed, 0))}
	w.Quotas.Count()
	return w
}

// text is all nodes with everything that is kept of them, and what depends on them.
func (w *world) text() string {
	var lines []string
	w.Each("/", func(path string, n *Node) {
		lines = append(lines, fmt.Sprintf("%s %+v %+v", path, n.Record(), n.Stat()))
	})
	slices.Sort(lines)
	return fmt.Sprintf("%s\n%d nodes, %d bytes, ephemerals %v, special %v, quotas %v",
		strings.Join(lines, "\n"), w.Len(), w.Bytes(), w.Owners.ephemerals, w.Owners.special, w.Quotas.limited)
}

// do carries out effects in a transaction of their own.
func (w *world) do(effects ...*Effect) {
	w.zxid++
	tx := &Txn{Zxid: w.zxid, Time: int64(w.zxid) * 10}
	for _, e := range effects {
		w.Apply(tx, e, nil)
	}
}

// randomEffect is something that can be done to the tree as it is.
func (w *world) randomEffect() *Effect {
	path := ""
	for range 1 + w.rng.IntN(3) {
		path = Join(path, fmt.Sprint(w.rng.IntN(8)))
	}
	if w.rng.IntN(8) == 0 {
		path = Join(quotaRoot, path[1:]) + []string{"", quotaLimits, quotaStats}[w.rng.IntN(3)]
	}
	owners := []int64{OwnerNone, OwnerNone, OwnerContainer, OwnerTTL(5), 7, 8}
	kinds := []Kind{Create, Create, Delete, SetData, SetACL}
	for _, i := range w.rng.Perm(len(kinds)) {
		e := &Effect{Kind: kinds[i], Path: path, Data: fmt.Append(nil, w.rng.Int()), ACL: zkwire.OpenACL, Owner: owners[w.rng.IntN(len(owners))]}
		if w.applicable(e) {
			return e
		}
	}
	return &Effect{Kind: SetData, Path: "/", Data: []byte("x")}
}

// mutate carries out random effects, some of them in a multi that is taken back.
func (w *world) mutate(n int) {
	for range n {
		if w.rng.IntN(4) > 0 {
			w.do(w.randomEffect())
			continue
		}
		w.attempt(w.rng.IntN(4))
	}
}

// attempt carries out random effects and takes them back.
func (w *world) attempt(n int) {
	undo, tx := &Undo{}, &Txn{Zxid: w.zxid + 1, Time: 1}
	for range n {
		w.Apply(tx, w.randomEffect(), undo)
	}
	undo.TakeBack()
}

func TestUndoLeavesNoTrace(t *testing.T) {
	for seed := range uint64(50) {
		w := newWorld(seed)
		w.mutate(200)
		want := w.text()
		w.attempt(20)
		if diff := cmp.Diff(want, w.text()); diff != "" {
			t.Fatalf("seed %d (-before +after)\n%s", seed, diff)
		}
	}
}

func TestCountsAreThoseOfTheNodes(t *testing.T) {
	for seed := range uint64(20) {
		w := newWorld(seed)
		w.mutate(500)
		count, bytes, ephemerals := 0, int64(0), map[string]zkwire.SessionID{}
		w.Each("/", func(path string, n *Node) {
			count, bytes = count+1, bytes+int64(len(path)+n.Size())
			if IsEphemeral(n.Owner()) {
				ephemerals[path] = zkwire.SessionID(n.Owner())
			}
		})
		if w.Len() != count || w.Bytes() != bytes || w.Owners.Len() != len(ephemerals) {
			t.Errorf("seed %d: got %d nodes, %d bytes, %d ephemerals; want %d, %d, %d", seed, w.Len(), w.Bytes(), w.Owners.Len(), count, bytes, len(ephemerals))
		}
		for owner, path := range w.Owners.All() {
			if ephemerals[path] != owner {
				t.Errorf("seed %d: %s is said to be of %d, and is of %d", seed, path, owner, ephemerals[path])
			}
		}
	}
}

func TestWalkIsOfTheMomentItBeganWhileWritesGoOn(t *testing.T) {
	for seed := range uint64(20) {
		w := newWorld(seed)
		w.mutate(300)
		want := w.text()
		var nodes zkwire.Encoder
		walk := w.StartWalk(&nodes)
		for more := true; more; {
			for range w.rng.IntN(5) {
				more = more && walk.Next()
			}
			w.mutate(w.rng.IntN(5))
		}
		walk.Stop()
		again := &world{Tree: Empty()}
		if err := errors.Join(again.DecodeNodes(zkwire.NewDecoder(nodes.Buf)), again.CheckBuiltin()); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if diff := cmp.Diff(nodeLines(want), nodeLines(again.text())); diff != "" {
			t.Fatalf("seed %d (-when it began +what was encoded)\n%s", seed, diff)
		}
	}
}

// nodeLines is a text without what depends on the nodes.
func nodeLines(text string) []string {
	lines := strings.Split(text, "\n")
	return lines[:len(lines)-1]
}

func TestNothingIsEncodedOnceAWalkHasStopped(t *testing.T) {
	w := newWorld(1)
	w.mutate(300)
	var nodes zkwire.Encoder
	walk := w.StartWalk(&nodes)
	walk.Next()
	walk.Stop()
	before := len(nodes.Buf)
	w.mutate(300)
	if len(nodes.Buf) != before {
		t.Errorf("%d bytes were encoded behind the end", len(nodes.Buf)-before)
	}
}

func TestRedoRefusesWhatDoesNotFit(t *testing.T) {
	w := newWorld(1)
	w.do(&Effect{Kind: Create, Path: "/a"}, &Effect{Kind: Create, Path: "/a/b"}, &Effect{Kind: Create, Path: "/e", Owner: 7})
	for _, e := range []*Effect{
		{Kind: Create, Path: "/a"}, {Kind: Create, Path: "/x/y"}, {Kind: Create, Path: "/e/child"}, {Kind: Create, Path: "/a/"}, {Kind: Create, Path: ""},
		{Kind: Delete, Path: "/a"}, {Kind: Delete, Path: "/x"}, {Kind: Delete, Path: "/zookeeper/quota"}, {Kind: SetData, Path: "/x"}, {Kind: SetACL, Path: "/x"},
	} {
		if w.Redo(&Txn{Zxid: 9}, e) {
			t.Errorf("effect %d on %q: carried out", e.Kind, e.Path)
		}
	}
}

func TestAbandonedAreEmptiedContainersAndOldTTLNodes(t *testing.T) {
	w := newWorld(1)
	w.do(&Effect{Kind: Create, Path: "/never-used", Owner: OwnerContainer}, &Effect{Kind: Create, Path: "/emptied", Owner: OwnerContainer},
		&Effect{Kind: Create, Path: "/used", Owner: OwnerContainer}, &Effect{Kind: Create, Path: "/emptied/c"}, &Effect{Kind: Create, Path: "/used/c"},
		&Effect{Kind: Create, Path: "/ttl", Owner: OwnerTTL(100)}, &Effect{Kind: Create, Path: "/later", Owner: OwnerTTL(1000)})
	w.do(&Effect{Kind: Delete, Path: "/emptied/c"})
	for now, want := range map[int64][]string{50: {"/emptied"}, 110: {"/emptied"}, 111: {"/emptied", "/ttl"}, 1011: {"/emptied", "/later", "/ttl"}} {
		if got := w.Abandoned(now); !slices.Equal(got, want) {
			t.Errorf("at %d: got %v, want %v", now, got, want)
		}
	}
}

func TestFrozenQuotasSeeNothingLater(t *testing.T) {
	w := newWorld(1)
	w.do(&Effect{Kind: Create, Path: "/a"}, &Effect{Kind: Create, Path: quotaRoot + "/a"},
		&Effect{Kind: Create, Path: quotaRoot + "/a" + quotaLimits, Data: []byte("count=-1,bytes=-1=;countHardLimit=2")}, &Effect{Kind: Create, Path: quotaRoot + "/a" + quotaStats})
	frozen := w.Quotas.Freeze()
	w.do(&Effect{Kind: Create, Path: "/a/b"})
	now, ok := w.Quotas.Over("/a/c")
	before, okBefore := frozen.Over("/a/c")
	if !ok || !okBefore || !now.Exceeded(1, 0) || now.Exceeded(0, 9) || before.Exceeded(1, 0) {
		t.Errorf("got %v %t, before %v %t; want the limit reached only now", now, ok, before, okBefore)
	}
	if _, ok := w.Quotas.Over("/b"); ok {
		t.Error("/b has a quota")
	}
}
