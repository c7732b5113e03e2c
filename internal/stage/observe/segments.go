package observe

import "oakmoot/internal/druid"

// segments are which servers announce which segments, counted as announcements come and go.
type segments struct {
	work        *int                                       // counts what is touched
	servers     sayings[string, druid.ServerMetadata]      // by host
	of          map[string]sayings[druid.SegmentID, int64] // host → segments and their sizes
	tallies     map[string]map[string]tally                // type of server → datasource
	dataSources map[string]int                             // datasource → announcements, whether or not their server is announced
}

// tally is what servers of one type announce for one datasource.
type tally struct {
	servers  map[druid.SegmentID]int // how many announce it
	replicas int                     // total announcements
}

func newSegments(work *int) *segments {
	return &segments{
		work: work, servers: newSayings[string, druid.ServerMetadata](work),
		of: map[string]sayings[druid.SegmentID, int64]{}, tallies: map[string]map[string]tally{}, dataSources: map[string]int{},
	}
}

// announce records a server's announcement of itself, or its end. What a server serves counts only while it is
// announced, under its type.
func (s *segments) announce(host, path string, meta druid.ServerMetadata, put bool) {
	before, was := s.servers.last(host)
	set(s.servers, put, host, path, meta)
	after, is := s.servers.last(host)
	if was == is && before.Type == after.Type {
		return
	}
	for id := range s.of[host].of {
		if was {
			s.count(before.Type, id, false)
		}
		if is {
			s.count(after.Type, id, true)
		}
	}
}

// serve records that a znode of a host announces a segment, or no longer does.
func (s *segments) serve(host, path string, segment druid.DataSegment, put bool) {
	held, known := s.of[host]
	if !known {
		held = newSayings[druid.SegmentID, int64](s.work)
		s.of[host] = held
	}
	id := segment.ID()
	had := held.has(id)
	set(held, put, id, path, segment.Size)
	if len(held.of) == 0 {
		delete(s.of, host)
	}
	if held.has(id) == had {
		return // another znode of the host announces it too
	}
	count(s.dataSources, id.DataSource, put)
	if meta, announced := s.servers.last(host); announced {
		s.count(meta.Type, id, put)
	}
}

// count adds a server's announcement of a segment to the tally, or removes it.
func (s *segments) count(serverType string, id druid.SegmentID, more bool) {
	*s.work++
	byDataSource := s.tallies[serverType]
	if byDataSource == nil {
		byDataSource = map[string]tally{}
		s.tallies[serverType] = byDataSource
	}
	t := byDataSource[id.DataSource]
	if t.servers == nil {
		t.servers = map[druid.SegmentID]int{}
	}
	count(t.servers, id, more)
	if more {
		t.replicas++
	} else {
		t.replicas--
	}
	if byDataSource[id.DataSource] = t; t.replicas > 0 {
		return
	}
	if delete(byDataSource, id.DataSource); len(byDataSource) == 0 {
		delete(s.tallies, serverType)
	}
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
