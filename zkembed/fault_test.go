package zkembed_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/zk/zkwire"
	"oakmoot/zkembed"
)

// openWire opens a session at the first endpoint and names it.
func openWire(t *testing.T, srv *zkembed.Server, name string, timeout time.Duration) (*wireClient, zkembed.SessionID) {
	t.Helper()
	c := dialWire(t, srv.Endpoints()[0])
	opened, err := c.open(zkwire.ConnectRequest{Timeout: timeout})
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.NameSession(t.Context(), zkembed.SessionID(opened.Session), name); err != nil {
		t.Fatal(err)
	}
	return c, zkembed.SessionID(opened.Session)
}

func TestRuleMeetsSessionsByName(t *testing.T) {
	srv := zkembed.RunT(t, zkembed.Options{MaxSessionTimeout: lasting})
	defer srv.Fail(zkembed.Rule{Name: "hot-*", Op: "exists", Action: zkembed.ActError, Code: zkembed.Code(zkwire.NoAuth)})()
	got := map[string]zkwire.Code{}
	for _, name := range []string{"hot-1", "cold-1", ""} {
		c, _ := openWire(t, srv, name, lasting)
		code, _, err := c.do(zkwire.OpExists, &zkwire.ReadRequest{Path: "/"})
		if err != nil {
			t.Fatal(err)
		}
		got[name] = code
	}
	if diff := cmp.Diff(map[string]zkwire.Code{"hot-1": zkwire.NoAuth, "cold-1": zkwire.OK, "": zkwire.OK}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if err := srv.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	sessions, err := srv.Sessions(t.Context())
	if err != nil || len(sessions) != 3 || sessions[0].Name != "hot-1" {
		t.Errorf("after a restart: got %+v, %v; want the names kept", sessions, err)
	}
}

func TestSessionsClockIsSet(t *testing.T) {
	for _, tt := range []struct {
		by   time.Duration
		want string // how long it lives in silence
	}{{0, "10.25s"}, {4 * time.Second, "6.25s"}, {-time.Minute, "1m10.25s"}, {10 * time.Second, "0s"}, {time.Hour, "0s"}} {
		synctest.Test(t, func(t *testing.T) {
			srv := zkembed.RunT(t, zkembed.Options{Network: zkembed.InMemory()})
			c, id := openWire(t, srv, "", 10*time.Second)
			start := time.Now()
			if err := srv.Age(t.Context(), id, tt.by); err != nil {
				t.Fatal(err)
			}
			_, _ = c.frame() // the end of the connection
			if got := time.Since(start); fmt.Sprint(got) != tt.want {
				t.Errorf("set ahead by %v: got %v, want %s", tt.by, got, tt.want)
			}
			if err := srv.Age(t.Context(), id, 0); !errors.Is(err, zkembed.ErrNoSession) {
				t.Errorf("once it has expired: got %v, want no such session", err)
			}
		})
	}
}

func TestSessionsClockIsRightAgainOnceItIsHeardOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := zkembed.RunT(t, zkembed.Options{Network: zkembed.InMemory()})
		c, id := openWire(t, srv, "", 10*time.Second)
		if err := srv.Age(t.Context(), id, 9*time.Second); err != nil {
			t.Fatal(err)
		}
		if code, _, err := c.do(zkwire.OpExists, &zkwire.ReadRequest{Path: "/"}); code != zkwire.OK || err != nil {
			t.Fatalf("got %v, %v", code, err)
		}
		time.Sleep(9 * time.Second)
		if sessions, err := srv.Sessions(t.Context()); len(sessions) != 1 || err != nil {
			t.Errorf("got %v, %v; want it still alive", sessions, err)
		}
	})
}

// commitsFrom collects what is remembered from a zxid on: zxids, and -1 for each gap.
func commitsFrom(t *testing.T, srv *zkembed.Server, from zkembed.Zxid, until int) (got []int64) {
	t.Helper()
	for c, err := range srv.Commits(t.Context(), from) {
		var gap *zkembed.GapError
		switch {
		case errors.As(err, &gap):
			got = append(got, -1)
		case err != nil:
			t.Fatal(err)
		default:
			got = append(got, int64(c.Zxid))
		}
		if len(got) == until {
			return got
		}
	}
	t.Fatalf("got %d commits from %d on, want %d", len(got), from, until)
	return nil
}

func TestCommitsFromAnyZxid(t *testing.T) {
	opts := zkembed.Options{DataDir: t.TempDir(), MaxSessionTimeout: lasting}
	run := func(f func(srv *zkembed.Server, c *wireClient)) {
		srv, stop := runUntilStopped(t, opts)
		c, _ := openWire(t, srv, "", lasting)
		f(srv, c)
		stop()
	}
	create := func(c *wireClient, path string, bytes int) {
		t.Helper()
		code, _, err := c.do(zkwire.OpCreate, &zkwire.CreateRequest{Path: path, Data: make([]byte, bytes), ACL: zkwire.OpenACL})
		if code != zkwire.OK || err != nil {
			t.Fatalf("create %s: got %v, %v", path, code, err)
		}
	}
	run(func(srv *zkembed.Server, c *wireClient) { // 1: the session; 2 and 3
		create(c, "/a", 1)
		create(c, "/b", 1)
		for from, want := range map[zkembed.Zxid][]int64{0: {1, 2, 3}, 1: {1, 2, 3}, 3: {3}} {
			if diff := cmp.Diff(want, commitsFrom(t, srv, from, len(want))); diff != "" {
				t.Errorf("from %d (-want +got):\n%s", from, diff)
			}
		}
	})
	run(func(srv *zkembed.Server, c *wireClient) { // 4: the session; 5 to 104
		for from, want := range map[zkembed.Zxid][]int64{0: {4}, 3: {-1, 4}, 4: {4}} {
			if diff := cmp.Diff(want, commitsFrom(t, srv, from, len(want))); diff != "" {
				t.Errorf("of a later process, from %d (-want +got):\n%s", from, diff)
			}
		}
		for i := range 100 {
			create(c, fmt.Sprintf("/big%d", i), 1<<20-200)
		}
		got := commitsFrom(t, srv, 4, 2)
		if got[0] != -1 || got[1] < 50 || got[1] > 90 {
			t.Errorf("after 100 MiB: got %v, want a gap and then some of the latest", got)
		}
	})
}

func TestSlowReaderOfCommitsHoldsUpNobody(t *testing.T) {
	srv := zkembed.RunT(t, zkembed.Options{MaxSessionTimeout: lasting})
	c, _ := openWire(t, srv, "", lasting)
	const writes = 20_000 // more than are remembered
	ended := make(chan error, 1)
	hold, first := make(chan struct{}), make(chan struct{})
	go func() {
		n := 0
		for _, err := range srv.Commits(t.Context(), 0) {
			if n++; n == 1 {
				close(first)
				<-hold
			}
			if err != nil {
				ended <- err
				return
			}
		}
	}()
	<-first
	go func() {
		for range writes {
			c.ask(zkwire.OpSetData, &zkwire.SetDataRequest{Path: "/zookeeper/quota", Version: -1})
		}
	}()
	for range writes {
		if code, _, err := c.answer(); code != zkwire.OK || err != nil {
			t.Fatalf("got %v, %v", code, err)
		}
	}
	close(hold)
	var gap *zkembed.GapError
	if err := <-ended; !errors.As(err, &gap) || gap.Lost == 0 {
		t.Errorf("got %v, want to be told of a gap", err)
	}
}
