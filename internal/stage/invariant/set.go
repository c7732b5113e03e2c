package invariant

import (
	"slices"
	"time"

	"oakmoot/internal/stage/observe"
)

// invariant is one of the Set. It may also be a changes, a turns, a hears or a ticks.
type invariant interface{ found() *finding }

func (f *finding) found() *finding { return f }

// changes is an invariant that wants to know of commits.
type changes interface{ changed(*scene, observe.Change) }

// turns is an invariant that wants to know of znodes of the layout.
type turns interface{ turned(*scene, observe.Turn) }

// hears is an invariant that wants to know of nodes.
type hears interface {
	heard(s *scene, before, after observe.Node)
}

// ticks is an invariant that has bounds.
type ticks interface{ tick(*scene) }

// relists is an invariant that has to begin anew after a gap in the stream of commits.
type relists interface{ relisted() }

// Set is the invariants of one run. It is an observe.Listener.
type Set struct {
	Tasks    *FinalStatuses
	Replicas *Replication
	Disks    *Disks
	Brokers  *BrokerViews
	Rows     *RowCounts

	scene *scene
	held  *holdings
	all   []invariant // in the order of Names
}

// New is the invariants of a run, without those that are switched off by their names.
func New(b Bounds, off ...string) *Set {
	held := newHoldings()
	s := &Set{scene: newScene(b), held: held}
	leaders := newOneLeader()
	s.Tasks, s.Disks, s.Rows = newFinalStatuses(s.scene), newDisks(s.scene, held), newRowCounts(s.scene)
	s.Replicas, s.Brokers = newReplication(s.scene, held, leaders), newBrokerViews(s.scene, held)
	s.all = []invariant{
		leaders, newAnnouncementsEnd(), s.Replicas, newLoadQueueEnds(), newOneWorker(), s.Tasks, s.Disks, s.Brokers, s.Rows, newHistory(),
	}
	for _, i := range s.all {
		i.found().off = slices.Contains(off, i.found().name)
	}
	return s
}

// Unseen says why an invariant cannot be checked in this cluster.
func (s *Set) Unseen(name, why string) {
	for _, i := range s.all {
		if f := i.found(); f.name == name {
			f.unseen = why
		}
	}
}

// On reports whether an invariant is neither switched off nor out of sight.
func (s *Set) On(name string) bool {
	return slices.ContainsFunc(s.all, func(i invariant) bool { return i.found().name == name && !i.found().silent() })
}

// At moves the clock. Call it before the Set hears of anything.
func (s *Set) At(now time.Time) { s.scene.at(now) }

// Tick looks at the bounds.
func (s *Set) Tick() { each(s, func(i ticks) { i.tick(s.scene) }) }

// Calm reports whether no fault is armed.
func (s *Set) Calm() bool { return s.scene.calm() }

// Results are what became of the invariants, in the order of Names.
func (s *Set) Results() []Result {
	results := make([]Result, len(s.all))
	for i, one := range s.all {
		results[i] = one.found().result()
	}
	return results
}

// each calls f for the invariants of one sort that are on.
func each[T any](s *Set, f func(T)) {
	for _, i := range s.all {
		if one, is := i.(T); is && !i.found().silent() {
			f(one)
		}
	}
}

// Changed implements observe.Listener.
func (s *Set) Changed(c observe.Change) { each(s, func(i changes) { i.changed(s.scene, c) }) }

// Turned implements observe.Listener.
func (s *Set) Turned(t observe.Turn) {
	if t.Cause.Op == "" {
		s.scene.horizon = max(s.scene.horizon, t.Mzxid)
	}
	each(s, func(i turns) { i.turned(s.scene, t) })
	for _, segment := range s.held.turned(t) {
		s.Disks.announced(t.Server, *segment)
		s.Replicas.announced(segment.ID())
		s.Rows.announced(segment.DataSource)
	}
}

// Heard implements observe.Listener.
func (s *Set) Heard(before, after observe.Node) {
	s.scene.hear(before, after)
	each(s, func(i hears) { i.heard(s.scene, before, after) })
}

// Faulted implements observe.Listener.
func (s *Set) Faulted(f observe.Fault, begins bool) { s.scene.faulted(f, begins) }

// Relisted implements observe.Listener.
func (s *Set) Relisted() { each(s, func(i relists) { i.relisted() }) }
