package zkembed

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/zk/zkwire"
)

func TestSnapshotThatDoesNotEndLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	st, err := New(Options{DataDir: dir, SnapshotEvery: 1}).load(nil)
	if err != nil {
		t.Fatal(err)
	}
	txn := st.begin(0, zkwire.OpCreate)
	st.tree.Apply(txn, createEffect("/x", ""), nil)
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
