package zkembed_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"oakmoot/zkembed"
)

// TestLookIsOneMoment looks again and again while sessions make two nodes in one
// transaction and end: both are seen or neither, and never without their session.
func TestLookIsOneMoment(t *testing.T) {
	srv := zkembed.RunT(t)
	ctx, stop := context.WithCancel(t.Context())
	var looking sync.WaitGroup
	looking.Go(func() {
		for ctx.Err() == nil {
			nodes, sessions, err := srv.Look(t.Context(), "/a", "/none", "/b")
			lives := map[zkembed.SessionID]bool{}
			for _, s := range sessions {
				lives[s.ID] = !s.Expires.IsZero()
			}
			if err != nil || len(nodes) != 0 && (len(nodes) != 2 || nodes[0].Path != "/a" || !lives[zkembed.SessionID(nodes[0].Stat.EphemeralOwner)]) {
				t.Errorf("got nodes %v of sessions %v, %v", nodes, sessions, err)
				return
			}
		}
	})
	for range 50 {
		conn := connect(t, srv, 10*time.Second)
		if _, err := conn.Multi(
			&zk.CreateRequest{Path: "/a", Acl: open, Flags: zk.FlagEphemeral}, &zk.CreateRequest{Path: "/b", Acl: open, Flags: zk.FlagEphemeral},
		); err != nil {
			t.Error(err)
		}
		conn.Close()
	}
	stop()
	looking.Wait()
}

func TestLastCommitIsTheLatestThatCommitsYields(t *testing.T) {
	srv := zkembed.RunT(t)
	conn := connect(t, srv, 10*time.Second)
	last := func() zkembed.Zxid {
		t.Helper()
		zxid, err := srv.LastCommit(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return zxid
	}
	before := last()
	if _, err := conn.Multi(
		&zk.CreateRequest{Path: "/a", Acl: open}, &zk.CreateRequest{Path: "/b", Acl: open}, &zk.CheckVersionRequest{Path: "/a", Version: 0},
	); err != nil {
		t.Fatal(err)
	}
	_, stat, err := conn.Get("/b")
	if err != nil || last() != zkembed.Zxid(stat.Czxid) || last() <= before {
		t.Errorf("got %d after %d, want %d, %v", last(), before, stat.Czxid, err)
	}
	if _, err := conn.Create("/a", nil, 0, open); !errors.Is(err, zk.ErrNodeExists) {
		t.Errorf("got %v", err)
	}
	if _, err := conn.Multi(&zk.CheckVersionRequest{Path: "/a", Version: 0}); err != nil {
		t.Error(err)
	}
	if last() != zkembed.Zxid(stat.Czxid) {
		t.Errorf("got %d after transactions without effect, want %d", last(), stat.Czxid)
	}
	var more []bool
	for commit, err := range srv.Commits(t.Context(), before+1) {
		if err != nil {
			t.Fatal(err)
		}
		if more = append(more, commit.More); commit.Zxid == last() && !commit.More {
			break
		}
	}
	if len(more) != 2 || !more[0] || more[1] {
		t.Errorf("got more %v, want it of the first of two", more)
	}
}
