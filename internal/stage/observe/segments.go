package observe

import (
	"slices"
	"strings"

	"oakmoot/internal/druid"
)

// segments are which servers announce which segments, counted and in order as announcements come and go.
type segments struct {
	work        *int                                  // counts what is touched
	servers     sayings[string, druid.ServerMetadata] // by host
	of          map[string]*holding                   // by host
	known       map[druid.SegmentID]*served
	inOrder     ordered[*served]
	tallies     map[string]map[string]tally // type of server → datasource
	dataSources map[string]int              // datasource → announcements, whether or not their server is announced
}

// served is an announced segment.
type served struct {
	id      druid.SegmentID
	hosts   []string     // that announce it, sorted
	counted []typeTotals // announced servers among them, by type
}

// typeTotals is how many servers of a type announce a segment.
type typeTotals struct {
	serverType string
	servers    int
}

// holding is what a host announces.
type holding struct {
	sizes   sayings[*served, int64]
	inOrder ordered[*served]
	bytes   int64
}

// tally is what servers of one type announce for one datasource.
type tally struct {
	distinct int // segments
	replicas int // total announcements
}

func newSegments(work *int) *segments {
	return &segments{
		work: work, servers: newSayings[string, druid.ServerMetadata](work), of: map[string]*holding{},
		known: map[druid.SegmentID]*served{}, tallies: map[string]map[string]tally{}, dataSources: map[string]int{},
	}
}

func (s *served) compare(o *served) int { return s.id.Compare(o.id) }

// announce records a server's announcement of itself, or its end. What a server serves counts only while it is
// announced, under its type.
func (s *segments) announce(host, path string, meta druid.ServerMetadata, put bool) {
	before, was := s.servers.last(host)
	set(s.servers, put, host, path, meta)
	after, is := s.servers.last(host)
	if was == is && before.Type == after.Type || s.of[host] == nil {
		return
	}
	for segment := range s.of[host].sizes.of {
		if was {
			s.count(before.Type, segment, -1)
		}
		if is {
			s.count(after.Type, segment, 1)
		}
	}
}

// serve records that a znode of a host announces a segment, or no longer does.
func (s *segments) serve(host, path string, segment *druid.DataSegment, put bool) {
	one, held := s.find(segment.ID(), put), s.of[host]
	switch {
	case one == nil || held == nil && !put:
		return
	case held == nil:
		held = &holding{sizes: newSayings[*served, int64](s.work)}
		s.of[host] = held
	}
	before, had := held.sizes.last(one)
	set(held.sizes, put, one, path, segment.Size)
	after, has := held.sizes.last(one)
	if held.bytes += after - before; had == has {
		return // another znode of the host announces it too
	}
	by := -1
	if put {
		by = 1
		held.inOrder.add(one)
	} else if held.inOrder.remove(one); len(held.sizes.of) == 0 {
		delete(s.of, host)
	}
	one.announcedBy(host, put)
	count(s.dataSources, one.id.DataSource, put)
	if meta, announced := s.servers.last(host); announced {
		s.count(meta.Type, one, by)
	}
	if len(one.hosts) == 0 {
		delete(s.known, one.id)
		s.inOrder.remove(one)
	}
}

// find is an announced segment, made known now if it is to be put; nil if nobody announces it.
func (s *segments) find(id druid.SegmentID, put bool) *served {
	one := s.known[id]
	if one == nil && put {
		one = &served{id: id}
		s.known[id] = one
		s.inOrder.add(one)
	}
	return one
}

func (s *served) announcedBy(host string, put bool) {
	if at, found := slices.BinarySearch(s.hosts, host); put && !found {
		s.hosts = slices.Insert(s.hosts, at, host)
	} else if !put && found {
		s.hosts = slices.Delete(s.hosts, at, at+1)
	}
}

// count adds a server's announcement of a segment to the tally, or takes it away.
func (s *segments) count(serverType string, segment *served, by int) {
	*s.work++
	first := segment.count(serverType, by)
	byDataSource := s.tallies[serverType]
	if byDataSource == nil {
		byDataSource = map[string]tally{}
		s.tallies[serverType] = byDataSource
	}
	t := byDataSource[segment.id.DataSource]
	t.replicas += by
	if first {
		t.distinct += by
	}
	if byDataSource[segment.id.DataSource] = t; t.replicas > 0 {
		return
	}
	if delete(byDataSource, segment.id.DataSource); len(byDataSource) == 0 {
		delete(s.tallies, serverType)
	}
}

// count reports whether the server that comes or goes is the only one of its type.
func (s *served) count(serverType string, by int) (alone bool) {
	i, found := slices.BinarySearchFunc(s.counted, serverType, func(c typeTotals, t string) int { return strings.Compare(c.serverType, t) })
	if !found {
		s.counted = slices.Insert(s.counted, i, typeTotals{serverType, by})
		return true
	}
	if s.counted[i].servers += by; s.counted[i].servers == 0 {
		s.counted = slices.Delete(s.counted, i, i+1)
		return true
	}
	return false
}

// sum adds up a count for one datasource, or for all with "*".
func (s *segments) sum(serverType, dataSource string, of func(tally) int) int {
	if dataSource != "*" {
		return of(s.tallies[serverType][dataSource])
	}
	total := 0
	for _, t := range s.tallies[serverType] {
		total += of(t)
	}
	return total
}
