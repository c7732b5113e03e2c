package cluster

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"
)

// lostHistory runs the quickstart, and has ZooKeeper come back without its latest
// history: with what its data directory held at some earlier moment.
func lostHistory(t *testing.T, keep func(t *testing.T, c *Cluster, dir, kept string)) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var text bytes.Buffer
		var mu sync.Mutex
		log := hclog.New(&hclog.LoggerOptions{Output: &text, Mutex: &mu, Level: hclog.Debug})
		data := t.TempDir()
		topo := Quickstart()
		topo.Invariants.Off = []string{"zk-history", "one-leader"} // the server's history is not one
		c := RunT(t, topo, InMemory(), DataDir(data), Logger(log))
		whole := func(within time.Duration) {
			t.Helper()
			ctx, cancel := context.WithTimeout(t.Context(), within)
			defer cancel()
			const condition = "up(*) == 10 and leaders(coordinator) == 1 and leaders(overlord) == 1 and used(flights) == 3 and replicas(flights) == 6 and realtime(flights-live) >= 1"
			if err := c.WaitFor(ctx, condition); err != nil {
				tree, _ := c.zookeeper.server.Dump(t.Context())
				mu.Lock()
				defer mu.Unlock()
				t.Fatalf("%v\n%s\n%.20000s", err, tree, text.String())
			}
		}
		whole(20 * time.Second)
		dir := filepath.Join(data, "zookeeper")
		kept := filepath.Join(t.TempDir(), "kept")
		keep(t, c, dir, kept)
		whole(20 * time.Second)
		if err := os.Rename(dir, dir+".gone"); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(kept, dir); err != nil {
			t.Fatal(err)
		}
		mu.Lock()
		text.Reset()
		mu.Unlock()
		before := c.observer.zxid()
		if err := c.zookeeper.server.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		if st, err := c.Status(t.Context()); err != nil || st.Zxid >= before {
			t.Errorf("got the status at zxid 0x%x, %v, want one of the earlier history, before 0x%x", st.Zxid, err, before)
		}
		timeout := c.topo.ZooKeeper.SessionTimeout.Duration
		time.Sleep(timeout + 2*time.Second)
		whole(2 * timeout)
		alive := map[int64]bool{}
		sessions, err := c.zookeeper.server.Sessions(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range sessions {
			alive[int64(s.ID)] = s.Remote != ""
		}
		for _, n := range c.nodes {
			if id := n.session.id(); !alive[id] {
				t.Errorf("%s: got the session 0x%x, want one that lives", n.name, id)
			}
		}
		mu.Lock()
		defer mu.Unlock()
		if n := bytes.Count(text.Bytes(), []byte("\n")); n > 100*len(c.nodes) {
			t.Errorf("got %d lines of log:\n%.5000s", n, text.String())
		}
	})
}

func TestClusterIsWholeAgainWhenZooKeeperComesBackEmpty(t *testing.T) {
	lostHistory(t, func(t *testing.T, _ *Cluster, _, kept string) {
		if err := os.Mkdir(kept, 0o755); err != nil {
			t.Fatal(err)
		}
	})
}

func TestClusterIsWholeAgainWhenZooKeeperComesBackOlder(t *testing.T) {
	lostHistory(t, func(t *testing.T, c *Cluster, dir, kept string) {
		if err := os.CopyFS(kept, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Do(t.Context(), "kill coordinator@leader for 10s"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
	})
}

func TestLogStaysSmallWhileZooKeeperIsAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var text bytes.Buffer
		var mu sync.Mutex
		c := RunT(t, Quickstart(), InMemory(), Logger(hclog.New(&hclog.LoggerOptions{Output: &text, Mutex: &mu, Level: hclog.Info})))
		time.Sleep(20 * time.Second)
		mu.Lock()
		text.Reset()
		mu.Unlock()
		for _, e := range c.zookeeper.server.Endpoints() {
			if err := e.Stop(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Hour)
		mu.Lock()
		lines := bytes.Count(text.Bytes(), []byte("\n"))
		if lines > 30*len(c.nodes) {
			t.Errorf("got %d lines of log in an hour:\n%.20000s", lines, text.String())
		}
		mu.Unlock()
		for _, e := range c.zookeeper.server.Endpoints() {
			if err := e.Start(); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := c.WaitFor(ctx, "up(*) == 10 and leaders(coordinator) == 1 and leaders(overlord) == 1 and replicas(flights) == 6"); err != nil {
			t.Error(err)
		}
	})
}
