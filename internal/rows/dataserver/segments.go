package dataserver

import (
	"context"
	"sync"

	"oakmoot/internal/druid"
	"oakmoot/internal/druid/timeline"
	"oakmoot/internal/rows/query"
)

// Source is where the rows of one served segment are.
type Source interface {
	// Tables returns the segment's rows as they are now, each row in exactly one table.
	// The tables do not change, whatever becomes of the segment.
	Tables() ([]query.Queryable, error)
}

// Segments is what a process serves: SegmentManager of a historical, the sink timelines
// of a realtime node. The zero value serves nothing and is ready to use.
type Segments struct {
	mu          sync.Mutex // guards the field below
	dataSources map[string]*dataSource
}

// dataSource holds the served segments of one datasource, found by the interval of a
// query or by the descriptor that a broker sends.
type dataSource struct {
	visible *timeline.Timeline[*served]
	byID    map[druid.SegmentID]*served
}

type served struct {
	segment druid.DataSegment
	source  Source
}

// Add serves a segment; one that is already served stays as it is.
func (s *Segments) Add(segment druid.DataSegment, source Source) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dataSources == nil {
		s.dataSources = make(map[string]*dataSource)
	}
	ds := s.dataSources[segment.DataSource]
	if ds == nil {
		ds = &dataSource{visible: timeline.New[*served](), byID: make(map[druid.SegmentID]*served)}
		s.dataSources[segment.DataSource] = ds
	}
	id := segment.ID()
	if ds.byID[id] != nil {
		return
	}
	one := &served{segment, source}
	ds.byID[id] = one
	ds.visible.Add(segment.Interval, segment.Version, segment.ShardSpec, one)
}

// Remove stops serving a segment. Queries that have already found it carry on.
func (s *Segments) Remove(segment druid.DataSegment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ds := s.dataSources[segment.DataSource]
	if ds == nil || ds.byID[segment.ID()] == nil {
		return
	}
	delete(ds.byID, segment.ID())
	ds.visible.Remove(segment.Interval, segment.Version, segment.ShardSpec)
	if len(ds.byID) == 0 {
		delete(s.dataSources, segment.DataSource)
	}
}

// Answer runs a query over the segments that it names, or else over those visible in
// its intervals: ServerManager.getQueryRunnerForSegments and
// getQueryRunnerForIntervals.
func (s *Segments) Answer(ctx context.Context, q *query.Query) (Answer, error) {
	found, missing := s.find(q)
	var parts []query.Part
	for _, f := range found {
		tables, err := f.source.Tables()
		if err != nil {
			return Answer{}, err
		}
		for _, t := range tables {
			parts = append(parts, query.Part{ID: f.segment.ID(), Interval: f.interval, Segment: t})
		}
	}
	result, err := q.Run(ctx, parts)
	return Answer{Result: result, Missing: missing}, err
}

// stretch is the part of a served segment that a query covers.
type stretch struct {
	*served
	interval druid.Interval
}

func (s *Segments) find(q *query.Query) (found []stretch, missing []query.Descriptor) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range q.Descriptors {
		before := len(found)
		for _, name := range q.DataSources {
			found = append(found, s.dataSources[name].described(d)...)
		}
		if len(found) == before {
			missing = append(missing, d)
		}
	}
	if q.Descriptors != nil {
		return found, missing
	}
	for _, name := range q.DataSources {
		found = append(found, s.dataSources[name].within(q.Intervals)...)
	}
	return found, nil
}

// described returns the segment that a descriptor names, with the descriptor's
// interval, which is the segment's or part of it.
func (ds *dataSource) described(d query.Descriptor) []stretch {
	if ds == nil {
		return nil
	}
	if o, found := ds.visible.Find(d.Interval, d.Version, d.Partition); found {
		return []stretch{{o, d.Interval}}
	}
	return nil
}

// within returns what is visible in some intervals.
func (ds *dataSource) within(intervals []druid.Interval) []stretch {
	if ds == nil {
		return nil
	}
	var found []stretch
	for _, i := range intervals {
		for _, h := range ds.visible.Lookup(i) {
			for _, c := range h.Chunks {
				found = append(found, stretch{c.Object, h.Interval})
			}
		}
	}
	return found
}
