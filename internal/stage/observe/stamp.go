package observe

import (
	"slices"

	"oakmoot/internal/stage/scenario"
	"oakmoot/internal/zk/zkpath"
)

// stamps count what has changed in a model, so that who has looked once need not look again
// before what it reads has changed.
type stamps struct {
	kinds map[zkpath.Kind]uint64 // znodes that have come or gone, by kind
	all   uint64                 // of any kind
	words uint64                 // of supervisors
}

func newStamps() stamps { return stamps{kinds: map[zkpath.Kind]uint64{}} }

func (s *stamps) turned(kind zkpath.Kind) {
	s.kinds[kind]++
	s.all++
}

// anyKind stands for all kinds of znodes.
const anyKind = zkpath.Kind("*")

// readFrom are the kinds of znodes that a function of conditions looks at, beside what its
// selectors do. Those without a row look at none.
var readFrom = map[string][]zkpath.Kind{
	"leaders":    {zkpath.KindServiceInstance},
	"candidates": {zkpath.KindCoordinatorLatch, zkpath.KindOverlordLatch},
	"announced":  {zkpath.KindAnnouncement, zkpath.KindWorker, zkpath.KindNodeDiscovery},
	"lingering":  {anyKind},
	"sessions":   {anyKind},
	"served":     {zkpath.KindAnnouncement, zkpath.KindSegmentBatch, zkpath.KindServedSegment},
	"realtime":   {zkpath.KindAnnouncement, zkpath.KindSegmentBatch, zkpath.KindServedSegment},
	"replicas":   {zkpath.KindAnnouncement, zkpath.KindSegmentBatch, zkpath.KindServedSegment},
	"segments":   {zkpath.KindSegmentBatch, zkpath.KindServedSegment},
	"queued":     {zkpath.KindLoadRequest},
	"znodes":     {anyKind},
	"failovers":  {zkpath.KindServiceInstance},
	"failover":   {zkpath.KindServiceInstance},
}

// Attention is somebody's to a condition: it tells when there is something new to see.
type Attention struct {
	kinds []zkpath.Kind
	globs []string // of znodes; what else changes in the tree does not count for them
	last  uint64
	looks int
}

// NewAttention begins to attend to a condition, at a moment.
func NewAttention(c scenario.Condition, m *Moment) *Attention {
	a := &Attention{globs: c.Patterns()}
	for name, kinds := range readFrom {
		if c.Calls(name) && name != "znodes" {
			a.kinds = append(a.kinds, kinds...)
		}
	}
	if c.Elects() {
		a.kinds = append(a.kinds, zkpath.KindServiceInstance)
	}
	slices.Sort(a.kinds)
	a.kinds = slices.Compact(a.kinds)
	a.last = a.stamp(m)
	return a
}

// Stirs reports whether the latest changes, which the model has taken already, can have
// changed what the condition comes to.
func (a *Attention) Stirs(m *Moment, changes []Change) bool {
	before := a.last
	a.last = a.stamp(m)
	stirs := a.last != before || slices.ContainsFunc(changes, func(c Change) bool {
		return c.Op != OpSet && c.Path != "" && slices.ContainsFunc(a.globs, func(glob string) bool { return scenario.MatchPath(glob, c.Path) })
	})
	if stirs {
		a.looks++
	}
	return stirs
}

// Reads reports whether the condition reads the znode at a path.
func (a *Attention) Reads(path string, m *Model) bool {
	return slices.Contains(a.kinds, m.paths.Parse(path).Kind) ||
		slices.ContainsFunc(a.globs, func(glob string) bool { return scenario.MatchPath(glob, path) })
}

// Looks is how often there was something to see.
func (a *Attention) Looks() int { return a.looks }

// stamp is another one whenever what the condition reads has changed.
func (a *Attention) stamp(m *Moment) uint64 {
	sum := m.model.stamps.words
	for _, kind := range a.kinds {
		if kind == anyKind {
			sum += m.model.stamps.all
		} else {
			sum += m.model.stamps.kinds[kind]
		}
	}
	return sum
}
