package observe

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/druid"
)

// at is the model at a moment, with the sessions ending after the given number of seconds.
func (l *land) at(ends map[int64]int) *Moment {
	now := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	times := map[int64]time.Time{}
	for session, seconds := range ends {
		times[session] = now.Add(time.Duration(seconds) * time.Second)
	}
	return l.model.Look(1, now, times)
}

// coordinator has a coordinator join, with a session.
func (l *land) coordinator(i int, session int64) Node {
	n := Node{Name: fmt.Sprintf("coordinator-%d", i), Kind: "coordinator", Host: host(i), State: Up, Session: session, Reaches: true}
	l.hear(n)
	l.write(fmt.Sprintf("%s/_c_%d-latch-%010d", l.paths.CoordinatorLatch(), session, i), []byte("http://"+n.Host), session)
	return n
}

// lead has a coordinator announce that it leads.
func (l *land) lead(n Node, port int) {
	instance := druid.ServiceInstance{Name: "druid:coordinator", ID: n.Name, Address: "h", Port: port, SSLPort: -1}
	l.write(l.paths.ServiceInstance("druid/coordinator", n.Name), instance, n.Session)
}

func TestLeaderIsShownAsLeaderAndActs(t *testing.T) {
	for name, tc := range map[string]struct {
		change  func(*Node)
		leads   bool
		note    string
		lingers bool
	}{
		"up":              {func(*Node) {}, true, "", false},
		"paused":          {func(n *Node) { n.State = Paused }, false, "shown as leader until its session ends in 4 s", false},
		"cut off":         {func(n *Node) { n.Reaches = false }, false, "without ZooKeeper; shown as leader until its session ends in 4 s", false},
		"killed":          {func(n *Node) { n.State, n.Session, n.Reaches = Killed, 0, false }, false, "shown as leader until its session ends in 4 s", true},
		"back":            {func(n *Node) { n.State, n.Session = Up, 9 }, false, "what it left in an earlier session goes in 4 s", true},
		"somebody else's": {func(n *Node) { n.State, n.Session, n.External = Present, 9, true }, true, "", false},
	} {
		l := newLand(t, 1)
		n := l.coordinator(1, 7)
		l.lead(n, 1)
		l.model.Apply(Change{Op: OpOpenSession, Session: 7})
		tc.change(&n)
		l.hear(n)
		m := l.at(map[int64]int{7: 4, 9: 5})
		if m.Leads(n) != tc.leads || m.Note(n) != tc.note || len(m.Lingering(n)) > 0 != tc.lingers {
			t.Errorf("%s: got leads %v, note %q, lingering %v", name, m.Leads(n), m.Note(n), m.Lingering(n))
		}
		if !m.ShownLeading(n) {
			t.Errorf("%s: ZooKeeper does not show it", name)
		}
	}
}

func TestLeftoversReturnToTheNodeThatOwnsThemAgain(t *testing.T) {
	l := newLand(t, 1)
	l.historical(1, 3)
	l.historical(2, 3)
	n := l.words["historical-1"]
	down := n
	down.State, down.Session = Killed, 0
	for range 2 {
		l.hear(down)
		if m := l.at(nil); m.Live.Replicas(druid.TypeHistorical, "wiki") != 3 || m.Left.Replicas(druid.TypeHistorical, "*") != 3 || m.Sessions() != 1 {
			t.Errorf("down: got %d replicas, %d left, %d sessions", m.Live.Replicas(druid.TypeHistorical, "wiki"), m.Left.Replicas(druid.TypeHistorical, "*"), m.Sessions())
		}
		l.hear(n)
		if m := l.at(nil); m.Live.Replicas(druid.TypeHistorical, "wiki") != 6 || len(m.Left.Servers()) != 0 || m.Sessions() != 2 {
			t.Errorf("up: got %d replicas, left %v, %d sessions", m.Live.Replicas(druid.TypeHistorical, "wiki"), m.Left.Servers(), m.Sessions())
		}
	}
}

func TestSegmentInTwoFormsCountsOnce(t *testing.T) {
	l := newLand(t, 1)
	l.historical(1, 2)
	l.write(l.paths.ServedSegment(host(1), "s"), segment("wiki", 0), 1001)
	m := l.at(nil)
	if m.Live.Segments(host(1)) != 2 || m.Live.Replicas(druid.TypeHistorical, "wiki") != 2 {
		t.Errorf("got %d segments, %d replicas", m.Live.Segments(host(1)), m.Live.Replicas(druid.TypeHistorical, "wiki"))
	}
	l.delete(l.paths.Segment(host(1), "batch"))
	if m.Live.Segments(host(1)) != 1 || m.Live.Served(druid.TypeHistorical, "*") != 1 {
		t.Errorf("got %d segments", m.Live.Segments(host(1)))
	}
}

func TestSegmentsOfAServerThatIsNotAnnouncedCountOnlyAsItsOwn(t *testing.T) {
	l := newLand(t, 1)
	l.write(l.paths.Segment("stray:1", "batch"), []druid.DataSegment{segment("wiki", 0)}, 5)
	m := l.at(nil)
	if m.Live.Segments("stray:1") != 1 || m.Live.Served(druid.TypeHistorical, "*") != 0 {
		t.Errorf("got %d, %d", m.Live.Segments("stray:1"), m.Live.Served(druid.TypeHistorical, "*"))
	}
	if diff := cmp.Diff([]string{"wiki"}, m.DataSources()); diff != "" {
		t.Error(diff)
	}
}

func TestContentThatDoesNotFitItsPathShowsNothing(t *testing.T) {
	l := newLand(t, 1)
	for _, path := range []string{
		l.paths.Announcement("x:1"), l.paths.Segment("x:1", "b"), l.paths.ServedSegment("x:1", "s"), l.paths.Worker("x:1"),
		l.paths.NodeDiscovery(druid.Broker, "x:1"), l.paths.ServiceInstance("druid/coordinator", "i"), l.paths.CoordinatorLatch() + "/l",
	} {
		l.write(path, []byte("?"), 3)
	}
	m := l.at(nil)
	if m.Live.Knows("x:1") || m.Live.Segments("x:1") != 0 || m.Live.Candidates("coordinator") != 0 || len(m.Leaders("coordinator")) != 0 {
		t.Error("something is shown")
	}
	if m.Sessions() != 1 {
		t.Errorf("got %d sessions, want the one that owns them", m.Sessions())
	}
}

func TestZnodesOutsideTheLayoutAreIgnored(t *testing.T) {
	l := newLand(t, 1)
	l.write("/elsewhere/announcements/h:1", server(1, druid.TypeHistorical), 4)
	l.write("/druid/directory", []byte{}, 0)
	if m := l.at(nil); m.Sessions() != 0 || len(l.model.znodes) != 0 {
		t.Errorf("got %d sessions, %v", m.Sessions(), l.model.znodes)
	}
}

func TestEndedSessionIsNotedOnlyIfThatIsKnown(t *testing.T) {
	l := newLand(t, 1)
	n := l.coordinator(1, 7)
	l.model.Apply(Change{Op: OpOpenSession, Session: 7})
	l.model.Apply(Change{Op: OpCloseSession, Session: 7})
	if got, want := l.at(map[int64]int{}).Note(n), "its session has ended, which it does not know yet"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	l.model.Sync(l.listed(), nil)
	if got := l.model.Look(1, time.Time{}, nil).Note(n); got != "" {
		t.Errorf("got %q of a ZooKeeper that does not say which sessions live", got)
	}
}

func TestSessionsNodeIsKnownAfterItsEnd(t *testing.T) {
	l := newLand(t, 1)
	l.historical(1, 0)
	n := l.words["historical-1"]
	n.Session = 5
	l.hear(n)
	if a, b, c := l.model.Who(1001), l.model.Who(5), l.model.Who(6); a != n.Name || b != n.Name || c != "" {
		t.Errorf("got %q, %q, %q", a, b, c)
	}
}

func TestFaultsBeginAndEnd(t *testing.T) {
	l := newLand(t, 1)
	for _, id := range []string{"f1", "f2", "f3"} {
		l.model.Begin(Fault{ID: id})
	}
	l.model.End("f2")
	if f := l.model.Faults(); len(f) != 2 || f[0].ID != "f1" || f[1].ID != "f3" {
		t.Errorf("got %v", f)
	}
}

func TestBlindMomentKnowsWhatZooKeeperDoesNot(t *testing.T) {
	l := newLand(t, 1)
	l.historical(1, 2)
	l.model.Count(Store{Used: map[string]int{"wiki": 2}})
	m := l.model.Blind(1, time.Now())
	if m.Live.Knows(host(1)) || m.Store().Used["wiki"] != 2 || m.Node("historical-1").State != Up {
		t.Errorf("got %+v", m)
	}
}
