package observe

import (
	"maps"
	"slices"

	"oakmoot/internal/druid"
)

// Shown is what ZooKeeper shows of some processes: of those that take part, or of those that are gone but whose
// sessions have not ended.
type Shown struct {
	work       *int                                 // counts what is touched
	candidates sayings[string, string]              // kind → hosts in its latch
	services   sayings[string, string]              // service → hosts that announce it
	workers    sayings[string, druid.Worker]        // by host
	discovered sayings[string, druid.DiscoveryNode] // internal-discovery, by host
	kinds      map[string]sayings[string, int64]    // kind → hosts that show themselves as that kind → session
	runsOn     sayings[string, string]              // task → worker, from assignments and statuses
	segments   *segments
	announcers map[string]map[int64]int // host → sessions that announce it → znodes
	queued     int                      // load queue entries
}

func newShown(work *int) *Shown {
	return &Shown{
		work:       work,
		candidates: newSayings[string, string](work),
		services:   newSayings[string, string](work),
		workers:    newSayings[string, druid.Worker](work),
		discovered: newSayings[string, druid.DiscoveryNode](work),
		kinds:      map[string]sayings[string, int64]{},
		runsOn:     newSayings[string, string](work),
		segments:   newSegments(work),
		announcers: map[string]map[int64]int{},
	}
}

// take adds a znode, or removes it again.
func (s *Shown) take(e *entry, put bool) {
	if kind, known := znodeKinds[e.Kind]; known {
		kind.show(s, e, put)
	}
	if e.host == "" || e.owner == 0 {
		return
	}
	*s.work++
	if s.announcers[e.host] == nil {
		s.announcers[e.host] = map[int64]int{}
	}
	by := s.announcers[e.host]
	count(by, e.owner, put)
	if len(by) == 0 {
		delete(s.announcers, e.host)
	}
}

// count adds one to the count under a key, or subtracts one.
func count[K comparable](counts map[K]int, key K, more bool) {
	if more {
		counts[key]++
		return
	}
	if counts[key]--; counts[key] == 0 {
		delete(counts, key)
	}
}

// show records that the owner of a znode shows itself as a node of a kind.
func (s *Shown) show(kind, host string, e *entry, put bool) {
	if kind == "" {
		return
	}
	if _, known := s.kinds[kind]; !known {
		s.kinds[kind] = newSayings[string, int64](s.work)
	}
	set(s.kinds[kind], put, host, e.path, e.owner)
	if len(s.kinds[kind].of) == 0 {
		delete(s.kinds, kind)
	}
}

// leading lists the hosts that announce the service that only a kind's leader announces.
func (s *Shown) leading(kind string) []string { return s.services.values(leaderServices[kind]) }

// Candidates counts those that take part in the election of a kind.
func (s *Shown) Candidates(kind string) int { return len(s.candidates.of[kind]) }

// Queued counts the entries of all load queues.
func (s *Shown) Queued() int { return s.queued }

// Sessions lists the sessions that announce a host.
func (s *Shown) Sessions(host string) []int64 { return slices.Sorted(maps.Keys(s.announcers[host])) }

// Present maps the hosts that show themselves as nodes of a kind to the sessions that announce that.
func (s *Shown) Present(kind string) map[string]int64 {
	present := map[string]int64{}
	for host := range s.kinds[kind].of {
		present[host], _ = s.kinds[kind].last(host)
	}
	return present
}

// Knows reports whether a host announces itself in any way.
func (s *Shown) Knows(host string) bool {
	_, server := s.segments.servers.last(host)
	return server || s.workers.has(host) || s.discovered.has(host)
}

// Server is what a data server announces about itself.
func (s *Shown) Server(host string) (druid.ServerMetadata, bool) {
	return s.segments.servers.last(host)
}

// Servers are the data servers that announce themselves, sorted.
func (s *Shown) Servers() []string { return slices.Sorted(maps.Keys(s.segments.servers.of)) }

// Discovered is a host's entry in internal-discovery.
func (s *Shown) Discovered(host string) (druid.DiscoveryNode, bool) { return s.discovered.last(host) }

// AllDiscovered are the hosts that have an entry in internal-discovery, sorted.
func (s *Shown) AllDiscovered() []string { return slices.Sorted(maps.Keys(s.discovered.of)) }

// Worker is the host on which a task runs, or "".
func (s *Shown) Worker(task string) string {
	host, _ := s.runsOn.last(task)
	return host
}

// Segments counts the segments that a host announces.
func (s *Shown) Segments(host string) int {
	if held := s.segments.of[host]; held != nil {
		return len(held.sizes.of)
	}
	return 0
}

// Bytes is the total size of the segments that a host announces.
func (s *Shown) Bytes(host string) int64 {
	if held := s.segments.of[host]; held != nil {
		return held.bytes
	}
	return 0
}

// SegmentsOf are the first segments that a host announces, in Druid's order.
func (s *Shown) SegmentsOf(host string, limit int) (ids []druid.SegmentID) {
	if held := s.segments.of[host]; held != nil {
		for _, one := range held.inOrder.first(limit) {
			ids = append(ids, one.id)
		}
	}
	return ids
}

// Announced is an announced segment and the hosts that announce it, sorted.
type Announced struct {
	ID    druid.SegmentID
	Hosts []string
}

// AnnouncedAfter are the first segments that anybody announces, in Druid's order, behind one that need not be among
// them; nil is the beginning.
func (s *Shown) AnnouncedAfter(id *druid.SegmentID, limit int) []Announced {
	var found []*served
	if id == nil {
		found = s.segments.inOrder.first(limit)
	} else {
		found = s.segments.inOrder.after(&served{id: *id}, limit)
	}
	all := make([]Announced, len(found))
	for i, one := range found {
		all[i] = Announced{one.id, slices.Clone(one.hosts)}
	}
	return all
}

// Served counts the distinct segments of a datasource, or of all for "*", that servers of a type announce.
func (s *Shown) Served(serverType, dataSource string) int {
	return s.segments.sum(serverType, dataSource, func(t tally) int { return t.distinct })
}

// Replicas counts the segment announcements of servers of a type, counting each server separately.
func (s *Shown) Replicas(serverType, dataSource string) int {
	return s.segments.sum(serverType, dataSource, func(t tally) int { return t.replicas })
}

// ServedDataSources are those whose segments servers of a type announce, sorted.
func (s *Shown) ServedDataSources(serverType string) []string {
	return slices.Sorted(maps.Keys(s.segments.tallies[serverType]))
}
