package zkembed_test

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-zookeeper/zk"
	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/zk/zkwire"
	"oakmoot/zkembed"
)

// inEnsemble runs a test in virtual time, with a server of three endpoints.
func inEnsemble(t *testing.T, test func(t *testing.T, srv *zkembed.Server)) {
	synctest.Test(t, func(t *testing.T) {
		test(t, zkembed.RunT(t, zkembed.Options{Network: zkembed.InMemory(), Servers: 3, Tick: 500 * time.Millisecond, Words: []string{"*"}}))
	})
}

// connectAll opens a session as a client does that knows all endpoints.
func connectAll(t *testing.T, srv *zkembed.Server, timeout time.Duration) *zk.Conn {
	t.Helper()
	conn, events, err := zk.Connect(srv.Addrs(), timeout, zk.WithDialer(srv.DialZK), zk.WithLogInfo(false))
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

// placeOf is the endpoint of a session's connection, nil without one.
func placeOf(t *testing.T, srv *zkembed.Server, c *zk.Conn) *zkembed.Endpoint {
	t.Helper()
	for _, e := range srv.Endpoints() {
		sessions, err := e.Sessions(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range sessions {
			if int64(s.ID) == c.SessionID() {
				return e
			}
		}
	}
	return nil
}

func TestClientMovesToAnotherEndpointWithItsSession(t *testing.T) {
	for how, lose := range map[string]func(*testing.T, *zkembed.Endpoint){
		"stopped": func(t *testing.T, e *zkembed.Endpoint) {
			if err := e.Stop(t.Context()); err != nil {
				t.Error(err)
			}
		},
		"partitioned": func(t *testing.T, e *zkembed.Endpoint) { t.Cleanup(e.Partition()) },
		"read-only": func(t *testing.T, e *zkembed.Endpoint) {
			if err := e.SetReadOnly(t.Context(), true); err != nil {
				t.Error(err)
			}
		},
	} {
		t.Run(how, func(t *testing.T) {
			inEnsemble(t, func(t *testing.T, srv *zkembed.Server) {
				c := connectAll(t, srv, 4*time.Second)
				id := c.SessionID()
				if _, err := c.Create("/e", nil, zk.FlagEphemeral, open); err != nil {
					t.Fatal(err)
				}
				_, _, changed, err := c.GetW("/e")
				if err != nil {
					t.Fatal(err)
				}
				first := placeOf(t, srv, c)
				lose(t, first)
				time.Sleep(4 * time.Second)
				second := placeOf(t, srv, c)
				if second == nil || second == first || c.SessionID() != id {
					t.Fatalf("got session 0x%x at %v, want 0x%x elsewhere than at %v", c.SessionID(), second, id, first)
				}
				if _, err := c.Set("/e", nil, 0); err != nil {
					t.Errorf("the ephemeral: got %v, want it kept", err)
				}
				if e := <-changed; e.Type != zk.EventNodeDataChanged {
					t.Errorf("the watch: got %+v, want it to have moved too", e)
				}
			})
		})
	}
}

func TestStoppedEndpointRefusesUntilItIsStarted(t *testing.T) {
	srv := zkembed.RunT(t, zkembed.Options{Servers: 3, Words: []string{"ruok"}})
	e := srv.Endpoints()[1]
	addr := e.Addr()
	ask := func() bool { return zk.FLWRuok([]string{addr}, 5*time.Second)[0] }
	if !ask() {
		t.Error("at first: got no answer")
	}
	if err := e.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if ask() {
		t.Error("stopped: got an answer")
	}
	if _, err := e.Dial(t.Context()); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("dial: got %v, want connection refused", err)
	}
	if err := srv.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if ask() {
		t.Error("stopped, after a restart: got an answer")
	}
	for range 2 { // the second time there is nothing to do
		if err := e.Start(); err != nil {
			t.Fatal(err)
		}
	}
	if !ask() || e.Addr() != addr {
		t.Errorf("started again: got no answer at %s, now %s", addr, e.Addr())
	}
}

func TestPartitionOutlastsASession(t *testing.T) {
	inEnsemble(t, func(t *testing.T, srv *zkembed.Server) {
		e := srv.Endpoints()[2]
		c := dialWire(t, e)
		opened, err := c.open(zkwire.ConnectRequest{Timeout: 2 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		heal := e.Partition()
		c.ask(zkwire.OpCreate, &zkwire.CreateRequest{Path: "/late", ACL: zkwire.OpenACL})
		time.Sleep(3 * time.Second)
		if sessions, err := srv.Sessions(t.Context()); len(sessions) > 0 || err != nil {
			t.Errorf("got %v, %v; want 0x%x expired", sessions, err, opened.Session)
		}
		heal()
		heal()
		if _, _, err := c.answer(); err == nil {
			t.Error("healed: got an answer, want the end of the connection")
		}
		if dump, err := srv.Dump(t.Context()); strings.Contains(dump, "/late") || err != nil {
			t.Errorf("a request of a session that had expired took effect: %v\n%s", err, dump)
		}
		if _, err := dialWire(t, e).open(zkwire.ConnectRequest{}); err != nil {
			t.Errorf("connect after heal: got %v", err)
		}
	})
}

func TestHealedPartitionLetsThroughWhatWasUnderWay(t *testing.T) {
	inEnsemble(t, func(t *testing.T, srv *zkembed.Server) {
		e := srv.Endpoints()[0]
		c := dialWire(t, e)
		if _, err := c.open(zkwire.ConnectRequest{}); err != nil {
			t.Fatal(err)
		}
		heal := e.Partition()
		time.AfterFunc(3*time.Second, heal)
		start := time.Now()
		code, _, err := c.do(zkwire.OpCreate, &zkwire.CreateRequest{Path: "/late", ACL: zkwire.OpenACL})
		if err != nil || code != zkwire.OK || time.Since(start) != 3*time.Second {
			t.Errorf("got %v, %v after %v; want an answer after 3s", code, err, time.Since(start))
		}
	})
}

func TestSlowEndpointDelaysEachWay(t *testing.T) {
	inEnsemble(t, func(t *testing.T, srv *zkembed.Server) {
		slow, quick := dialWire(t, srv.Endpoints()[0]), dialWire(t, srv.Endpoints()[1])
		for _, c := range []*wireClient{slow, quick} {
			if _, err := c.open(zkwire.ConnectRequest{}); err != nil {
				t.Fatal(err)
			}
		}
		srv.Endpoints()[0].Slow(300 * time.Millisecond)
		took := func(c *wireClient) time.Duration {
			start := time.Now()
			if code, _, err := c.do(zkwire.OpExists, &zkwire.ReadRequest{Path: "/"}); code != zkwire.OK || err != nil {
				t.Errorf("got %v, %v", code, err)
			}
			return time.Since(start)
		}
		got := []time.Duration{took(slow), took(quick)}
		srv.Endpoints()[0].Slow(0)
		if diff := cmp.Diff([]time.Duration{600 * time.Millisecond, 0, 0}, append(got, took(slow))); diff != "" {
			t.Errorf("slow, quick, no longer slow (-want +got):\n%s", diff)
		}
	})
}

func TestReadOnlyEndpoint(t *testing.T) {
	inEnsemble(t, func(t *testing.T, srv *zkembed.Server) {
		e := srv.Endpoints()[1]
		if err := e.SetReadOnly(t.Context(), true); err != nil {
			t.Fatal(err)
		}
		if answer, err := dialWire(t, e).open(zkwire.ConnectRequest{}); err == nil {
			t.Errorf("a client that wants to write: got %+v, want to be hung up on", answer)
		}
		c := dialWire(t, e)
		answer, err := c.open(zkwire.ConnectRequest{ReadOnly: true})
		if err != nil || !answer.ReadOnly || answer.Session == 0 {
			t.Fatalf("got %+v, %v; want a read-only session", answer, err)
		}
		got := map[string]zkwire.Code{}
		for name, ask := range map[string]struct {
			op   zkwire.Op
			body zkwire.Record
		}{
			"read":   {zkwire.OpGetChildren, &zkwire.ReadRequest{Path: "/"}},
			"create": {zkwire.OpCreate, &zkwire.CreateRequest{Path: "/a", ACL: zkwire.OpenACL}},
			"sync":   {zkwire.OpSync, &zkwire.PathRequest{Path: "/"}},
		} {
			if got[name], _, err = c.do(ask.op, ask.body); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if diff := cmp.Diff(map[string]zkwire.Code{"read": zkwire.OK, "create": zkwire.NotReadOnly, "sync": zkwire.NotReadOnly}, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		if err := e.SetReadOnly(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		if _, err := c.frame(); err == nil {
			t.Error("writable again: the read-only connection is still there")
		}
		again, err := dialWire(t, e).open(zkwire.ConnectRequest{ReadOnly: true, Session: answer.Session, Password: answer.Password})
		if err != nil || again.Session != 0 {
			t.Errorf("the local session elsewhere: got %+v, %v; want it refused", again, err)
		}
	})
}

func TestSessionAtAReadOnlyEndpointExpires(t *testing.T) {
	inEnsemble(t, func(t *testing.T, srv *zkembed.Server) {
		writable, readOnly := srv.Endpoints()[0], srv.Endpoints()[1]
		if err := readOnly.SetReadOnly(t.Context(), true); err != nil {
			t.Fatal(err)
		}
		opened, err := dialWire(t, writable).open(zkwire.ConnectRequest{Timeout: 4 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		c := dialWire(t, readOnly)
		attach := zkwire.ConnectRequest{Session: opened.Session, Password: opened.Password, Timeout: 4 * time.Second, ReadOnly: true}
		if answer, err := c.open(attach); err != nil || answer.Session != opened.Session || !answer.ReadOnly {
			t.Fatalf("got %+v, %v; want the session, read-only", answer, err)
		}
		if code, _, err := c.do(zkwire.OpCloseSession, nil); code != zkwire.NotReadOnly || err != nil {
			t.Errorf("close: got %v, %v; want it refused", code, err)
		}
		time.Sleep(3 * time.Second)
		c.ask(zkwire.OpPing, nil)
		time.Sleep(2 * time.Second)
		if sessions, err := srv.Sessions(t.Context()); err != nil || len(sessions) > 0 {
			t.Errorf("got %v, %v; want it expired, whatever was heard of it here", sessions, err)
		}
	})
}

// Some are hung up on before their readers have begun: the race detector sees what the
// readers set then.
func TestConnectionsAreHungUpAsTheyCome(t *testing.T) {
	srv := zkembed.RunT(t, zkembed.Options{Servers: 2})
	e := srv.Endpoints()[1]
	for i := range 50 {
		var all []*wireClient
		for range 20 {
			all = append(all, dialWire(t, e))
		}
		if err := e.SetReadOnly(t.Context(), i%2 == 0); err != nil {
			t.Fatal(err)
		}
		for _, c := range all {
			if _, err := c.frame(); err == nil {
				t.Fatal("got an answer to nothing")
			}
		}
	}
}

func TestWordsNameALeaderAndFollowers(t *testing.T) {
	inEnsemble(t, func(t *testing.T, srv *zkembed.Server) {
		c := connectAll(t, srv, 4*time.Second)
		modes := func() (got []string) {
			for _, e := range srv.Endpoints() {
				mode := "stopped"
				for line := range strings.Lines(askIfOpen(t, e, "srvr")) {
					if text, ok := strings.CutPrefix(line, "Mode: "); ok {
						mode = strings.TrimSpace(text)
					}
				}
				got = append(got, mode)
			}
			return got
		}
		all := srv.Endpoints()
		for _, step := range []struct {
			name string
			do   func() error
			want string
		}{
			{"at first", func() error { return nil }, "[leader follower follower]"},
			{"the first stopped", func() error { return all[0].Stop(t.Context()) }, "[stopped leader follower]"},
			{"the second read-only", func() error { return all[1].SetReadOnly(t.Context(), true) }, "[stopped read-only leader]"},
			{"the first back", func() error { return all[0].Start() }, "[leader read-only follower]"},
		} {
			if err := step.do(); err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprint(modes()); got != step.want {
				t.Errorf("%s: got %s, want %s", step.name, got, step.want)
			}
		}
		for text, ask := range map[string]struct {
			e    *zkembed.Endpoint
			word string
		}{
			"zk_server_state\tleader\n": {all[0], "mntr"}, "zk_synced_followers\t1\n": {all[0], "mntr"},
			"zk_server_state\tfollower\n": {all[2], "mntr"}, "serverId=3\n": {all[2], "conf"}, "ro": {all[1], "isro"}, "rw": {all[2], "isro"},
		} {
			if got := word(t, ask.e, ask.word); !strings.Contains(got, text) {
				t.Errorf("%s: got %q, want %q in it", ask.word, got, text)
			}
		}
		synctest.Wait()
		place := placeOf(t, srv, c)
		for _, e := range srv.Endpoints() {
			if got, want := strings.Contains(word(t, e, "cons"), fmt.Sprintf("sid=0x%x", c.SessionID())), e == place; got != want {
				t.Errorf("cons of %s lists the session: got %v, want %v", e.Addr(), got, want)
			}
		}
	})
}

func askIfOpen(t *testing.T, e *zkembed.Endpoint, name string) string {
	nc, err := e.Dial(t.Context())
	if err != nil {
		return ""
	}
	nc.Close()
	return word(t, e, name)
}
