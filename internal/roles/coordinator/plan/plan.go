// Package plan decides what the coordinator does in a run of its duties: which segments are loaded, dropped, moved
// and marked unused, by rules, replicas, throttle and balance. It is pure: it reads a picture of the cluster, updates
// it as it decides, and leaves a list of actions.
package plan

import (
	"cmp"
	"slices"

	"oakmoot/internal/druid"
	"oakmoot/internal/roles/coordinator/balance"
)

// Kind is what an Action does.
type Kind int

// Kinds of actions.
const (
	Load       Kind = iota + 1
	Drop            // from Server
	Move            // from From to Server
	MarkUnused      // in the metadata store
)

// Action is one decision.
type Action struct {
	Kind    Kind
	Server  string // the server's name
	From    string // Move
	Tier    string
	Segment *druid.DataSegment
	Replica bool // Load: a replica that the throttle counts
}

// Input is what a run bases its decisions on.
type Input struct {
	Now      druid.Timestamp
	Catalog  *Catalog // kept from run to run; it has every server of the cluster
	Rules    Rules
	Config   druid.DynamicConfig
	Cluster  *Cluster
	Strategy balance.Strategy
	Throttle *Throttle // kept from run to run
	Moves    *Moves    // kept from run to run
	MayMark  bool      // whether overshadowed segments may be marked unused yet

	// Inherited are segments for which an earlier leader may have requested drops that are not visible yet: they lose
	// no surplus copy.
	Inherited map[druid.SegmentID]bool

	DropsUnread bool // takes used segments that have not been read for unused: a bug, for the museum
}

// Run is a run in progress: DruidCoordinatorRuntimeParams. Its methods are the duties.
type Run struct {
	Input
	Actions  []Action
	Warnings []string

	open map[string][]*balance.Server // by tier: those that may be asked to load more
}

// Begin starts a run.
func Begin(in Input) *Run {
	r := &Run{Input: in, open: map[string][]*balance.Server{}}
	in.Catalog.look()
	return r
}

func (r *Run) warn(text string) { r.Warnings = append(r.Warnings, text) }

func (r *Run) load(s *balance.Server, segment *druid.DataSegment, replica bool) {
	r.Catalog.Load(s, segment)
	r.Actions = append(r.Actions, Action{Kind: Load, Server: s.Meta.Name, Tier: s.Meta.Tier, Segment: segment, Replica: replica})
}

func (r *Run) drop(s *balance.Server, segment *druid.DataSegment) {
	s.Drop(segment.ID())
	r.Actions = append(r.Actions, Action{Kind: Drop, Server: s.Meta.Name, Tier: s.Meta.Tier, Segment: segment})
}

func (r *Run) markUnused(segment *druid.DataSegment) {
	r.Actions = append(r.Actions, Action{Kind: MarkUnused, Segment: segment})
}

// Newest orders segments by the end of their interval, its start and their ids, all
// descending: DruidCoordinator.SEGMENT_COMPARATOR_RECENT_FIRST.
func Newest(a, b *druid.DataSegment) int {
	if a.Interval == b.Interval {
		return b.ID().Compare(a.ID())
	}
	return newest(&a.Interval, &b.Interval)
}

// newest orders intervals, which differ mostly in the first thing that counts.
func newest(a, b *druid.Interval) int {
	if a.End != b.End {
		return cmp.Compare(b.End, a.End)
	}
	return cmp.Compare(b.Start, a.Start)
}

// Cluster is the servers that segments are replicated onto, by tier, those with the most room first.
type Cluster struct {
	tiers map[string][]*balance.Server
	names []string // of the tiers, sorted
}

// NewCluster sorts servers into their tiers.
func NewCluster(servers []*balance.Server) *Cluster {
	c := &Cluster{tiers: map[string][]*balance.Server{}}
	for _, s := range servers {
		if c.tiers[s.Meta.Tier] == nil {
			c.names = append(c.names, s.Meta.Tier)
		}
		c.tiers[s.Meta.Tier] = append(c.tiers[s.Meta.Tier], s)
	}
	slices.Sort(c.names)
	for _, tier := range c.tiers {
		slices.SortFunc(tier, balance.ByRoom)
	}
	return c
}

// servers are all servers, tier by tier.
func (c *Cluster) servers() []*balance.Server {
	var all []*balance.Server
	for _, tier := range c.names {
		all = append(all, c.tiers[tier]...)
	}
	return all
}
