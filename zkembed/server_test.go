package zkembed_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-zookeeper/zk"
	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/run/memnet"
	"oakmoot/internal/zk/zkwire"
	"oakmoot/zkembed"
)

var open = zk.WorldACL(zk.PermAll)

// connect opens a session over the server's in-memory dialer.
func connect(t *testing.T, srv *zkembed.Server, timeout time.Duration) *zk.Conn {
	t.Helper()
	conn, events, err := zk.Connect([]string{"127.0.0.1:2181"}, timeout, zk.WithDialer(srv.DialZK), zk.WithLogInfo(false))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	for e := range events {
		if e.State == zk.StateHasSession {
			break
		}
	}
	return conn
}

func TestBasicOperations(t *testing.T) {
	srv := zkembed.RunT(t)
	c := connect(t, srv, 10*time.Second)
	if _, err := c.Create("/a", []byte("x"), 0, open); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		do   func() error
		want error
	}{
		"create again":       {func() error { _, err := c.Create("/a", nil, 0, open); return err }, zk.ErrNodeExists},
		"create orphan":      {func() error { _, err := c.Create("/no/child", nil, 0, open); return err }, zk.ErrNoNode},
		"create without acl": {func() error { _, err := c.Create("/b", nil, 0, nil); return err }, zk.ErrInvalidACL},
		"set old version":    {func() error { _, err := c.Set("/a", nil, 7); return err }, zk.ErrBadVersion},
		"delete old version": {func() error { return c.Delete("/a", 7) }, zk.ErrBadVersion},
		"delete built-in":    {func() error { return c.Delete("/zookeeper", -1) }, zk.ErrBadArguments},
		"get missing":        {func() error { _, _, err := c.Get("/b"); return err }, zk.ErrNoNode},
	} {
		if err := tt.do(); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", name, err, tt.want)
		}
	}
	if _, err := c.Create("/a/e", nil, zk.FlagEphemeral, open); err != nil {
		t.Fatal(err)
	}
	if err := c.Delete("/a", -1); !errors.Is(err, zk.ErrNotEmpty) {
		t.Errorf("delete with children: got %v", err)
	}
	if _, err := c.Create("/a/e/x", nil, 0, open); !errors.Is(err, zk.ErrNoChildrenForEphemerals) {
		t.Errorf("child of an ephemeral: got %v", err)
	}
	stat, err := c.Set("/a", []byte("yz"), 0)
	if err != nil || stat.Version != 1 || stat.DataLength != 2 || stat.NumChildren != 1 || stat.Cversion != 1 {
		t.Errorf("set: got %+v, %v", stat, err)
	}
	names, _, err := c.Children("/")
	slices.Sort(names)
	if want := []string{"a", "zookeeper"}; err != nil || !cmp.Equal(names, want) {
		t.Errorf("children of /: got %v, %v; want %v", names, err, want)
	}
}

func TestSequenceCountsEveryChildOfTheParent(t *testing.T) {
	srv := zkembed.RunT(t)
	c := connect(t, srv, 10*time.Second)
	var got []string
	for _, flag := range []int32{zk.FlagSequence, 0, zk.FlagSequence | zk.FlagEphemeral} {
		p, err := c.Create("/n", nil, flag, open)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, p)
	}
	if want := []string{"/n0000000000", "/n", "/n0000000002"}; !cmp.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestWatchesFireOnceAndBeforeTheReply(t *testing.T) {
	srv := zkembed.RunT(t)
	c := connect(t, srv, 10*time.Second)
	_, _, created, err := c.ExistsW("/w")
	if err != nil {
		t.Fatal(err)
	}
	_, _, children, err := c.ChildrenW("/")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Create("/w", nil, 0, open); err != nil {
		t.Fatal(err)
	}
	if e := <-created; e.Type != zk.EventNodeCreated || e.Path != "/w" {
		t.Errorf("got %+v, want /w created", e)
	}
	if e := <-children; e.Type != zk.EventNodeChildrenChanged || e.Path != "/" {
		t.Errorf("got %+v, want children of / changed", e)
	}
}

func TestMultiIsAllOrNothing(t *testing.T) {
	srv := zkembed.RunT(t)
	c := connect(t, srv, 10*time.Second)
	_, err := c.Multi(
		&zk.CreateRequest{Path: "/m", Data: []byte("1"), Acl: open},
		&zk.CreateRequest{Path: "/m/c", Acl: open},
		&zk.SetDataRequest{Path: "/m", Data: []byte("2"), Version: 0},
		&zk.CheckVersionRequest{Path: "/m", Version: 1},
	)
	if err != nil {
		t.Fatal(err)
	}
	before, err := srv.Dump(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Multi(
		&zk.DeleteRequest{Path: "/m/c", Version: -1},
		&zk.CreateRequest{Path: "/m/d", Acl: open, Flags: zk.FlagSequence},
		&zk.CheckVersionRequest{Path: "/m", Version: 7},
	)
	if !errors.Is(err, zk.ErrBadVersion) {
		t.Errorf("failing multi: got %v, want bad version", err)
	}
	after, err := srv.Dump(t.Context())
	if err != nil || before != after {
		t.Errorf("a failing multi changed the tree (%v):\n%s", err, cmp.Diff(before, after))
	}
	if p, err := c.Create("/m/s", nil, zk.FlagSequence, open); err != nil || p != "/m/s0000000001" {
		t.Errorf("sequence after the multi: got %s, %v; want number 1", p, err)
	}
}

func TestSessionExpiresInItsBucket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := zkembed.RunT(t, zkembed.Options{Network: memnet.New(), Tick: 500 * time.Millisecond})
		watcher := connect(t, srv, 10*time.Second)
		var cut net.Conn
		silent, _, err := zk.Connect([]string{"127.0.0.1:1"}, 4*time.Second, zk.WithLogInfo(false), zk.WithDialer(func(n, a string, d time.Duration) (net.Conn, error) {
			if cut != nil {
				return nil, errors.New("cut")
			}
			var err error
			cut, err = srv.DialZK(n, a, d)
			return cut, err
		}))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := silent.Create("/e", nil, zk.FlagEphemeral, open); err != nil {
			t.Fatal(err)
		}
		_, _, gone, err := watcher.ExistsW("/e")
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		cut.Close()
		if e := <-gone; e.Type != zk.EventNodeDeleted {
			t.Errorf("got %+v, want /e deleted", e)
		}
		if d := time.Since(start); d < 4*time.Second-1400*time.Millisecond || d > 4500*time.Millisecond {
			t.Errorf("gone after %v, want the timeout of 4s since the last ping and up to a tick", d)
		}
		silent.Close()
		time.Sleep(time.Second)
	})
}

func TestAnHourOfPingsKeepsASession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := zkembed.RunT(t, zkembed.Options{Network: memnet.New()})
		c := connect(t, srv, 6*time.Second)
		id := c.SessionID()
		time.Sleep(time.Hour)
		if ok, _, err := c.Exists("/"); !ok || err != nil || c.SessionID() != id {
			t.Errorf("after an hour: got %v, %v, session 0x%x; want session 0x%x", ok, err, c.SessionID(), id)
		}
	})
}

func TestExpireOnDemand(t *testing.T) {
	srv := zkembed.RunT(t)
	a, b := connect(t, srv, 10*time.Second), connect(t, srv, 10*time.Second)
	if _, err := a.Create("/e", nil, zk.FlagEphemeral, open); err != nil {
		t.Fatal(err)
	}
	_, _, gone, err := b.ExistsW("/e")
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.Expire(t.Context(), zkembed.SessionID(a.SessionID())); err != nil {
		t.Fatal(err)
	}
	if e := <-gone; e.Type != zk.EventNodeDeleted {
		t.Errorf("got %+v, want /e deleted", e)
	}
	if err := srv.Expire(t.Context(), 1); !errors.Is(err, zkembed.ErrNoSession) {
		t.Errorf("unknown session: got %v", err)
	}
}

func TestRestartKeepsNodesSessionsAndZxid(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "zk")
	for _, every := range []int{0, 3} { // without and with snapshots
		run := func(f func(srv *zkembed.Server)) {
			srv := zkembed.New(zkembed.Options{DataDir: dir, SnapshotEvery: every})
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- srv.Run(ctx) }()
			<-srv.Ready()
			f(srv)
			cancel()
			if err := <-done; err != nil {
				t.Fatal(err)
			}
		}
		var before string
		run(func(srv *zkembed.Server) {
			c := connect(t, srv, 10*time.Second)
			for i := range 10 {
				p := fmt.Sprintf("/n-%d-%d", every, i)
				if _, err := c.Create(p, []byte(p), 0, open); err != nil {
					t.Fatal(err)
				}
				if i%2 == 0 {
					if _, err := c.Set(p, []byte("set"), -1); err != nil {
						t.Fatal(err)
					}
				}
			}
			if _, err := c.Create("/eph", nil, zk.FlagEphemeral, open); err != nil && !errors.Is(err, zk.ErrNodeExists) {
				t.Fatal(err)
			}
			before, _ = srv.Dump(t.Context())
		})
		run(func(srv *zkembed.Server) {
			after, _ := srv.Dump(t.Context())
			if after != before {
				t.Errorf("restart changed the tree:\n%s", cmp.Diff(before, after))
			}
			sessions, err := srv.Sessions(t.Context())
			if err != nil || len(sessions) == 0 {
				t.Errorf("sessions after the restart: got %v, %v; want the one of before", sessions, err)
			}
		})
	}
}

func TestCommitsShowEveryChangeInOrder(t *testing.T) {
	srv := zkembed.RunT(t)
	c := connect(t, srv, 10*time.Second)
	for _, f := range []func() error{
		func() error { _, err := c.Create("/a", []byte("1"), 0, open); return err },
		func() error { _, err := c.Set("/a", []byte("2"), -1); return err },
		func() error { return c.Delete("/a", -1) },
	} {
		if err := f(); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for commit, err := range srv.Commits(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		if commit.Path == "/a" {
			got = append(got, fmt.Sprintf("%s %s>%s", commit.Kind, commit.Before, commit.After))
		}
		if commit.Kind == zkembed.CommitDelete {
			break
		}
	}
	if want := []string{"create >1", "set 1>2", "delete 2>"}; !cmp.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFailRulesMeetWhatTheyName(t *testing.T) {
	srv := zkembed.RunT(t)
	c := connect(t, srv, 10*time.Second)
	undo := srv.Fail(zkembed.Rule{Op: "create", Path: "/x/**", Skip: 1, Times: 1, Action: zkembed.ActError, Code: zkembed.Code(zkwire.NoAuth)})
	defer undo()
	create := func(p string) error { _, err := c.Create(p, nil, 0, open); return err }
	for _, tt := range []struct {
		path string
		want error
	}{{"/x", nil}, {"/x/1", nil}, {"/x/2", zk.ErrNoAuth}, {"/x/3", nil}} {
		if err := create(tt.path); !errors.Is(err, tt.want) {
			t.Errorf("create %s: got %v, want %v", tt.path, err, tt.want)
		}
	}
	lost := srv.Fail(zkembed.Rule{Op: "create", Path: "/lost", Times: 1, Action: zkembed.ActDropReply})
	if err := create("/lost"); err == nil {
		t.Error("create whose reply is lost: got no error")
	}
	lost()
	// The client whose reply was lost may fail requests until it has connected again.
	if ok, _, err := connect(t, srv, 10*time.Second).Exists("/lost"); !ok || err != nil {
		t.Errorf("its effect: got %v, %v; want the node", ok, err)
	}
}

func TestWordsAreAnswered(t *testing.T) {
	srv := zkembed.RunT(t, zkembed.Options{Words: []string{"*"}})
	connect(t, srv, 10*time.Second)
	if ok := zk.FLWRuok([]string{srv.Addr()}, time.Second); !ok[0] {
		t.Error("ruok: not ok")
	}
	stats, ok := zk.FLWSrvr([]string{srv.Addr()}, time.Second)
	if !ok || stats[0].Mode != zk.ModeStandalone || stats[0].NodeCount != 5 {
		t.Errorf("srvr: got %+v, %v; want standalone with 5 nodes", stats[0], ok)
	}
	conn, err := net.Dial("tcp", srv.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "mntr\n")
	var b strings.Builder
	buf := make([]byte, 4096)
	for {
		n, err := conn.Read(buf)
		b.Write(buf[:n])
		if err != nil {
			break
		}
	}
	if !strings.Contains(b.String(), "zk_znode_count\t5\n") {
		t.Errorf("mntr: got %q", b.String())
	}
}
