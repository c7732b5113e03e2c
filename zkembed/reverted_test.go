package zkembed_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"oakmoot/zkembed"
)

// A reader of commits is told when the server comes back without some that it was shown, between these and the next.
func TestCommitsSayThatTheHistoryIsAnEarlierOne(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	srv := zkembed.RunT(t, zkembed.Options{DataDir: dir})
	create := func(path string) { // by a client of its own: one that has seen a later history is turned away
		t.Helper()
		conn, _, err := zk.Connect([]string{srv.Addr()}, 10*time.Second, zk.WithLogInfo(false))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := conn.Create(path, nil, 0, zk.WorldACL(zk.PermAll)); err != nil {
			t.Fatal(err)
		}
	}
	create("/kept")
	if err := os.CopyFS(dir+".kept", os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	create("/undone")
	if err := errors.Join(os.Rename(dir, dir+".gone"), os.Rename(dir+".kept", dir)); err != nil {
		t.Fatal(err)
	}
	if err := srv.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	create("/anew")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var seen []string
	for c, err := range srv.Commits(ctx, 0) {
		switch gap := new(zkembed.GapError); {
		case errors.As(err, &gap) && gap.Reverted:
			seen = append(seen, "reverted")
		case err != nil:
			t.Fatal(err)
		case c.Kind == zkembed.CommitCreate:
			seen = append(seen, c.Path)
		}
		if len(seen) > 0 && seen[len(seen)-1] == "/anew" {
			break
		}
	}
	if want := []string{"/kept", "/undone", "reverted", "/anew"}; !slices.Equal(seen, want) {
		t.Errorf("got %v, want %v", seen, want)
	}
}
