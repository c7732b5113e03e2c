package election_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/worldtest"
	"oakmoot/internal/zk/election"
	"oakmoot/internal/zk/zkconn"
	"oakmoot/zkembed"
)

func TestLatchNodeIsAsCuratorMakesIt(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		c := w.join("h:8081", nil)
		path := w.nodes()[0]
		pattern := regexp.MustCompile(`^/druid/coordinator/_COORDINATOR/_c_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}-latch-\d{10}$`)
		if !pattern.MatchString(path) {
			t.Errorf("path: got %s, want it to match %s", path, pattern)
		}
		data, stat, err := w.Conn.Get(t.Context(), path)
		if err != nil || string(data) != "http://h:8081" || stat.EphemeralOwner != c.zc.SessionID() {
			t.Errorf("got data %q of owner %x, error %v; want the URI of session %x", data, stat.EphemeralOwner, err, c.zc.SessionID())
		}
		data, stat, err = w.Conn.Get(t.Context(), latchDir)
		if err != nil || len(data) != 0 || stat.EphemeralOwner != 0 {
			t.Errorf("directory: got data %q of owner %x, error %v; want a persistent empty node", data, stat.EphemeralOwner, err)
		}
	})
}

func TestCandidatesLeadInTheOrderOfTheirArrival(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		a, b, c := w.join("a", nil), w.join("b", nil), w.join("c", nil)
		w.expect("first", leaders(a, b, c), "a")
		b.stop() // the middle one leaves: nobody else leads, the next moves up
		w.expect("after b left", leaders(a, b, c), "a")
		a.stop()
		w.expect("after a left", leaders(a, b, c), "c")
		w.expect("queue", w.queue(), "c")
	})
}

func TestCandidateWatchesItsPredecessorOnlyAndALeaderNothing(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		var watched watches
		a := w.join("a", nil, watched.of("a"))
		b := w.join("b", nil, watched.of("b"))
		w.join("c", nil, watched.of("c"))
		nodes := w.nodes()
		if diff := cmp.Diff(watches{"b on " + nodes[0], "c on " + nodes[1]}, watched); diff != "" {
			t.Errorf("watches (-want +got):\n%s", diff)
		}
		watched = nil
		b.stop()
		synctest.Wait()
		if diff := cmp.Diff(watches{"c on " + nodes[0]}, watched); diff != "" {
			t.Errorf("watches after b left (-want +got):\n%s", diff)
		}
		w.expect("leader", leaders(a), "a")
	})
}

// watches is who set a watch on what.
type watches []string

func (w *watches) of(name string) func(zkconn.Conn) zkconn.Conn {
	return func(zc zkconn.Conn) zkconn.Conn { return watchingConn{zc, name, w} }
}

type watchingConn struct {
	zkconn.Conn
	name string
	all  *watches
}

func (c watchingConn) GetW(ctx context.Context, path string) ([]byte, *zkconn.Stat, zkconn.Watch, error) {
	*c.all = append(*c.all, c.name+" on "+path)
	return c.Conn.GetW(ctx, path)
}

func (c watchingConn) ExistsW(ctx context.Context, path string) (*zkconn.Stat, zkconn.Watch, error) {
	*c.all = append(*c.all, c.name+" on "+path)
	return c.Conn.ExistsW(ctx, path)
}

func (c watchingConn) ChildrenW(ctx context.Context, path string) ([]string, zkconn.Watch, error) {
	*c.all = append(*c.all, c.name+" on children of "+path)
	return c.Conn.ChildrenW(ctx, path)
}

func TestLatchNodeIsFoundAgainAfterALostReply(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		a := w.join("a", nil)
		defer w.ZK.Fail(zkembed.Rule{Op: "create", Path: latchDir + "/*", Times: 1, Action: zkembed.ActDropReply})()
		b := w.join("b", nil)
		w.Until("b is back", func() bool { return w.queue() == "a b" })
		time.Sleep(2 * worldtest.SessionTimeout)
		w.expect("queue", w.queue(), "a b")
		a.stop()
		w.expect("leader", leaders(a, b), "b")
		b.stop()
		w.expect("queue at the end", w.queue(), "")
	})
}

func TestCandidateWhoseRequestWasLostJoinsAllTheSame(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		defer w.ZK.Fail(zkembed.Rule{Op: "create", Path: latchDir + "/*", Times: 2, Action: zkembed.ActDropRequest})()
		a := w.join("a", nil)
		w.Until("a leads", func() bool { return leaders(a) == "a" })
		w.expect("queue", w.queue(), "a")
	})
}

func TestLeaderGivesUpOnSuspensionBeforeAnybodyElseLeads(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		a, b := w.join("a", nil), w.join("b", nil)
		a.link.Cut()
		w.expect("while the session lives", leaders(a, b), "")
		w.expect("queue meanwhile", w.queue(), "a b")
		time.Sleep(2 * worldtest.SessionTimeout)
		w.expect("when it has ended", leaders(a, b), "b")
		a.link.Heal()
		w.Until("a queues up", func() bool { return w.queue() == "b a" })
		w.expect("at last", leaders(a, b), "b")
	})
}

func TestShortDisconnectHandsLeadershipToTheNext(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		a, b := w.join("a", nil), w.join("b", nil)
		session := a.zc.SessionID()
		a.link.Disconnect()
		w.Until("a queues up behind b", func() bool { return w.queue() == "b a" })
		w.expect("leader", leaders(a, b), "b")
		if a.zc.SessionID() != session {
			t.Error("a has a new session, want the old one")
		}
	})
}

func TestFollowerQueuesUpAgainAfterAReconnection(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		a, b, c := w.join("a", nil), w.join("b", nil), w.join("c", nil)
		b.link.Disconnect()
		w.Until("b is behind c", func() bool { return w.queue() == "a c b" })
		w.expect("leader", leaders(a, b, c), "a")
	})
}

func TestSingleCandidateRegainsLeadershipInTheNextTerm(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		a := w.join("a", nil)
		a.link.Disconnect()
		w.Until("term 2", func() bool { return len(a.led()) == 2 && a.leading() })
		w.Expire(a.zc)
		w.Until("term 3", func() bool { return len(a.led()) == 3 && a.leading() })
		if diff := cmp.Diff([]int{1, 2, 3}, a.led()); diff != "" {
			t.Errorf("terms (-want +got):\n%s", diff)
		}
	})
}

func TestBlackHoleSuspendsALeaderBeforeItsSessionEnds(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		a, b := w.join("a", nil), w.join("b", nil)
		undo := a.link.Pause()
		w.Until("a is no longer leading", func() bool { return leaders(a, b) != "a" })
		w.expect("then", leaders(a, b), "")
		w.Until("b leads", func() bool { return leaders(a, b) == "b" })
		undo()
		w.Until("a is back", func() bool { return w.queue() == "b a" })
		w.expect("at last", leaders(a, b), "b")
	})
}

func TestLatchNodeGoesOnlyAfterTheLeaderHasGivenEverythingUp(t *testing.T) {
	for _, test := range []struct {
		name string
		end  func(a *candidate)
	}{
		{"clean end", func(a *candidate) { go a.stop() }},
		{"disconnect", func(a *candidate) { a.link.Disconnect() }},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				release := make(chan struct{})
				a := w.join("a", func(ctx context.Context, term int) error {
					<-ctx.Done()
					<-release // stopBeingLeader takes its time
					return nil
				})
				b := w.join("b", nil)
				test.end(a)
				time.Sleep(time.Second)
				w.expect("while a gives up", leaders(a, b), "a")
				w.expect("queue meanwhile", w.queue(), "a b")
				close(release)
				w.Until("b leads", func() bool { return leaders(a, b) == "b" })
				w.expect("front of the queue", strings.Fields(w.queue())[0], "b")
			})
		})
	}
}

func TestLeaderThatCannotLeadStaysOutForOneToFiveSeconds(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		var failed, again time.Time
		a := w.join("a", func(ctx context.Context, term int) error {
			if term == 1 {
				failed = time.Now()
				return errors.New("no store")
			}
			again = time.Now()
			<-ctx.Done()
			return nil
		})
		w.expect("queue while it stays out", w.queue(), "")
		w.Until("a leads", func() bool { return leaders(a) == "a" })
		if pause := again.Sub(failed); pause < time.Second || pause > 5*time.Second {
			t.Errorf("got a pause of %v, want 1s to 5s", pause)
		}
	})
}

func TestRefusedCandidateTriesAgainAfterAPause(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		refused := 0
		a := w.join("a", nil, func(zc zkconn.Conn) zkconn.Conn { return refusingConn{zc, &refused} })
		start := time.Now()
		w.Until("a leads", func() bool { return leaders(a) == "a" })
		if took := time.Since(start); refused != 0 || took < 3*time.Second {
			t.Errorf("took %v with %d refusals to come, want 1s to 5s after each of three", took, refused)
		}
	})
}

// refusingConn refuses the first three creations.
type refusingConn struct {
	zkconn.Conn
	left *int
}

func (c refusingConn) CreateProtected(ctx context.Context, dir, id, name string, data []byte, mode zkconn.Mode) (string, error) {
	if *c.left < 3 {
		*c.left++
		return "", zkconn.ErrNoAuth
	}
	*c.left = 0
	return c.Conn.CreateProtected(ctx, dir, id, name, data, mode)
}

func TestCandidateWhoseNodeIsDeletedQueuesUpAgain(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		a, b, c := w.join("a", nil), w.join("b", nil), w.join("c", nil)
		nodes := w.nodes()
		w.Delete(nodes[1])
		w.expect("queue without b", w.queue(), "a c")
		a.stop() // b looks at the queue when its predecessor goes
		w.Until("b is behind c", func() bool { return w.queue() == "c b" })
		w.expect("leader", leaders(a, b, c), "c")
	})
}

func TestCandidateWhosePredecessorGoesBeforeItIsWatchedQueuesUpAgain(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		a := w.join("a", nil)
		first := w.nodes()[0]
		b := w.join("b", nil, func(zc zkconn.Conn) zkconn.Conn { return hastyConn{zc, func() { w.Delete(first) }} })
		w.Until("b leads", b.leading)
		if got := sequence(w.nodes()[0]); got != "-0000000002" {
			t.Errorf("b's node: got %s, want its second one, -0000000002", got)
		}
		a.stop()
	})
}

// hastyConn does something just before a watch is set.
type hastyConn struct {
	zkconn.Conn
	before func()
}

func (c hastyConn) GetW(ctx context.Context, path string) ([]byte, *zkconn.Stat, zkconn.Watch, error) {
	c.before()
	return c.Conn.GetW(ctx, path)
}

// As with LeaderLatch, only a suspension makes the old leader give up.
func TestLeaderWhoseNodeIsDeletedKeepsLeadingBesideTheNextUntilASuspension(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		a, b := w.join("a", nil), w.join("b", nil)
		w.Delete(w.nodes()[0])
		w.expect("leaders", leaders(a, b), "a b")
		a.link.Disconnect()
		w.Until("a queues up", func() bool { return w.queue() == "b a" })
		w.expect("leaders", leaders(a, b), "b")
	})
}

// The candidate hears of its connection late; what it asks for must not go out all the same.
func TestLeadershipEndsWithTheSessionThatHoldsTheLatchNode(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		ended := make(chan error, 1)
		a := w.join("a", func(ctx context.Context, term int) error {
			<-ctx.Done()
			ended <- ctx.Err()
			return nil
		}, func(zc zkconn.Conn) zkconn.Conn { return deafConn{zc} })
		session := a.zc.SessionID()
		w.Expire(a.zc)
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want the leader told to end", err)
		}
		if id := a.zc.SessionID(); id != 0 && id == session {
			t.Errorf("still in session %x", id)
		}
	})
}

// deafConn says nothing of its states.
type deafConn struct{ zkconn.Conn }

func (c deafConn) Listen() (<-chan zkconn.State, func()) { return make(chan zkconn.State), func() {} }

func TestCandidateFollowsItsPredecessorsDataChanges(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		a, b := w.join("a", nil), w.join("b", nil)
		for i := range 3 {
			if _, err := w.Conn.Set(t.Context(), w.nodes()[0], []byte(fmt.Sprint(i)), -1); err != nil {
				t.Fatal(err)
			}
			w.expect("leader", leaders(a, b), "a")
		}
		a.stop()
		w.expect("leader", leaders(a, b), "b")
	})
}

func TestJoinedIsCalledForEachLatchNode(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		zc := w.Open(w.Net.DialContext)
		joined := make(chan string, 8)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			ended <- election.Run(ctx, zc, election.Options{Path: latchDir, Joined: func() { joined <- w.nodes()[0] }}, (&candidate{}).reign(nil))
		}()
		first := <-joined
		if err := w.ZK.Disconnect(t.Context(), zkembed.SessionID(zc.SessionID())); err != nil {
			t.Fatal(err)
		}
		if second := <-joined; second == first {
			t.Errorf("got %s twice, want another node", first)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("got %v, want nil", err)
		}
	})
}

func TestElectionEndsWithItsConnection(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		zc := w.Open(w.Net.DialContext)
		ended := make(chan error, 1)
		go func() {
			ended <- election.Run(context.Background(), zc, election.Options{Path: latchDir}, (&candidate{}).reign(nil))
		}()
		w.Until("it leads", func() bool { return len(mustChildren(w)) == 1 })
		zc.Close()
		if err := <-ended; !errors.Is(err, zkconn.ErrClosed) {
			t.Errorf("got %v, want ErrClosed", err)
		}
	})
}

func mustChildren(w *world) []string {
	names, _ := w.Conn.Children(w.T.Context(), latchDir) // before it is there: none
	return names
}

func TestLeaderIsTheFirstReadablePayload(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		ask := func() string {
			uri, err := election.Leader(t.Context(), w.Conn, latchDir)
			if err != nil {
				t.Fatal(err)
			}
			return uri
		}
		w.expect("no directory", ask(), "")
		for _, node := range []string{"_c_9-latch-0000000007 first", "_c_1-latch-0000000010 second", "_c_0-latch-latch-0000000008 third"} {
			name, payload, _ := strings.Cut(node, " ")
			if _, err := w.Conn.CreateParents(t.Context(), latchDir+"/"+name, []byte(payload), zkconn.Persistent); err != nil {
				t.Fatal(err)
			}
		}
		var order []string
		for range 3 {
			order = append(order, ask())
			i := slices.IndexFunc(mustChildren(w), func(name string) bool {
				return strings.HasSuffix(name, map[string]string{"first": "07", "third": "08", "second": "10"}[order[len(order)-1]])
			})
			w.Delete(latchDir + "/" + mustChildren(w)[i])
		}
		w.expect("order", strings.Join(order, " "), "first third second")
		w.expect("empty directory", ask(), "")
	})
}
