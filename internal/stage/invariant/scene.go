package invariant

import (
	"strings"
	"time"

	"oakmoot/internal/stage/observe"
)

// Bounds are the times that the limits of the invariants are made of.
type Bounds struct {
	Session     time.Duration // ZooKeeper's session timeout
	Tick        time.Duration // of ZooKeeper
	StartDelay  time.Duration // druid.coordinator.startDelay
	Period      time.Duration // of the coordinator's duties, or of its polls if that is longer
	LoadTimeout time.Duration // druid.coordinator.load.timeout
}

// slack is what a limit is longer than what it is made of, for a machine that is busy.
const slack = 10 * time.Second

// longestStep is how much of the time between two looks counts. Where there is more, the
// process stood still, and with it everybody who was to do something.
const longestStep = 2 * time.Second

// session is how long it may take until what a dead client has left is gone.
func (b Bounds) session() time.Duration { return b.Session + b.Tick + slack }

// replication is how long a coordinator may take to see a change and to see to it.
func (b Bounds) replication() time.Duration { return b.StartDelay + 3*b.Period + b.session() }

// scene is what all invariants know of the run.
type scene struct {
	bounds    Bounds
	now       time.Time
	clock     time.Duration // that the bounds are counted on
	faults    faults        // of anybody
	server    faults        // of ZooKeeper itself
	disturbed time.Duration // when a fault ended last, or a node changed its state
	nodes     map[string]observe.Node
	names     map[string]string // of our nodes, by host
	horizon   int64             // the latest commit that a listing has seen the effects of
}

func newScene(b Bounds) *scene {
	return &scene{bounds: b, nodes: map[string]observe.Node{}, names: map[string]string{}}
}

// at moves the clock.
func (s *scene) at(now time.Time) {
	if !s.now.IsZero() {
		s.clock += min(max(0, now.Sub(s.now)), longestStep)
	}
	s.now = now
}

// hear takes a node's new word, and reports whether it means a disturbance.
func (s *scene) hear(before, after observe.Node) {
	if before.Host != after.Host {
		delete(s.names, before.Host)
	}
	if after.Host != "" {
		s.names[after.Host] = after.Name
	}
	s.nodes[after.Name] = after
	s.disturbed = s.clock
}

// faults are those of one sort.
type faults struct {
	armed int
	ended time.Duration // when the last one began or ended
}

func (f *faults) change(begins bool, clock time.Duration) {
	if f.ended = clock; begins {
		f.armed++
	} else {
		f.armed--
	}
}

func (s *scene) faulted(f observe.Fault, begins bool) {
	s.faults.change(begins, s.clock)
	if s.disturbed = s.clock; len(f.Nodes) == 0 || strings.Contains(f.Do, "zk") || strings.Contains(f.Do, "zookeeper") {
		s.server.change(begins, s.clock)
	}
}

// calm reports whether no fault is armed.
func (s *scene) calm() bool { return s.faults.armed == 0 }

// serverOver is over for what only ZooKeeper itself does, whatever happens to others.
func (s *scene) serverOver(since, limit time.Duration) bool {
	return s.server.armed == 0 && s.clock-max(since, s.server.ended) > limit
}

// over reports whether a limit has passed since some moment, and since the last
// disturbance. It never has while a fault is armed.
func (s *scene) over(since, limit time.Duration) bool {
	return s.calm() && s.clock-max(since, s.disturbed) > limit
}

// name is that of the node at a host, or the host itself.
func (s *scene) name(host string) string {
	if name, ours := s.names[host]; ours {
		return name
	}
	return host
}

// ours is our own node at a host.
func (s *scene) ours(host string) (observe.Node, bool) {
	n, known := s.nodes[s.names[host]]
	return n, known && !n.External
}

// replayed reports whether a commit is repeated after a listing that has seen it.
func (s *scene) replayed(c observe.Change) bool { return c.Zxid <= s.horizon }
