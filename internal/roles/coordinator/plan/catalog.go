package plan

import (
	"slices"
	"sync"

	"oakmoot/internal/druid"
	"oakmoot/internal/roles/coordinator/balance"
)

// Catalog is what is known of each segment from one run to the next: whether it is used, which servers serve it, and
// whether newer ones overshadow it, and which servers are to load it. It is told of changes, and a change costs what it touches.
type Catalog struct {
	records  map[druid.SegmentID]*record
	sources  map[string]*dataSource
	newest   []*record // the used ones in the order of Newest, as of the last look
	incoming []*record // became used since
	stale    bool      // whether newest has to be brought up to date
	unneeded map[*record]bool
	covered  map[*record]bool // overshadowed by served ones
	loading  loading
}

// record is a segment that is used, served or both.
type record struct {
	id      druid.SegmentID
	source  *dataSource
	used    *druid.DataSegment // as the metadata store has it; nil if it is not used
	servers []*balance.Server  // that serve it
	listed  bool               // in newest
	hidden  bool               // overshadowed by used ones
}

// dataSource is a datasource's two timelines.
type dataSource struct {
	used, served visibility
	rules        *compiled // for the run in progress
}

// NewCatalog returns an empty catalog.
func NewCatalog() *Catalog {
	return &Catalog{
		records: map[druid.SegmentID]*record{}, sources: map[string]*dataSource{},
		unneeded: map[*record]bool{}, covered: map[*record]bool{}, loading: loading{},
	}
}

func (c *Catalog) record(id druid.SegmentID) *record {
	r := c.records[id]
	if r == nil {
		source := c.sources[id.DataSource]
		if source == nil {
			source = &dataSource{used: newVisibility(hide), served: newVisibility(c.cover)}
			c.sources[id.DataSource] = source
		}
		r = &record{id: id, source: source}
		c.records[id] = r
	}
	return r
}

func hide(r *record, hidden bool) { r.hidden = hidden }

func (c *Catalog) cover(r *record, covered bool) {
	if covered {
		c.covered[r] = true
	} else {
		delete(c.covered, r)
	}
}

// Use records that a segment is used. One that is known to be used stays as it is, as in SQLMetadataSegmentManager.
func (c *Catalog) Use(segment *druid.DataSegment) {
	r := c.record(segment.ID())
	if r.used != nil {
		return
	}
	r.used = segment
	r.source.used.add(segment, r)
	if !r.listed {
		c.incoming = append(c.incoming, r)
	}
	c.stale = true
	delete(c.unneeded, r)
}

// Retire records that a segment is no longer used.
func (c *Catalog) Retire(id druid.SegmentID) {
	r := c.records[id]
	if r == nil || r.used == nil {
		return
	}
	r.source.used.remove(r.used)
	r.used, r.hidden = nil, false
	c.stale = true
	if len(r.servers) > 0 {
		c.unneeded[r] = true
	}
	c.forget(r)
}

// Used is a used segment, or nil.
func (c *Catalog) Used(id druid.SegmentID) *druid.DataSegment {
	if r := c.records[id]; r != nil {
		return r.used
	}
	return nil
}

// Newest are the used segments, those with the latest intervals first. The list does not change.
func (c *Catalog) Newest() []*druid.DataSegment {
	all := make([]*druid.DataSegment, 0, len(c.newest)+len(c.incoming))
	for _, r := range c.inOrder() {
		all = append(all, r.used)
	}
	return all
}

// Attend takes in a server, what it serves and what it is to load.
func (c *Catalog) Attend(s *balance.Server) {
	for id := range s.Loading() {
		c.loading.add(s, id)
	}
	for _, segment := range s.Segments() {
		c.serve(s, segment)
	}
}

// Dismiss takes out a server that is gone.
func (c *Catalog) Dismiss(s *balance.Server) {
	for id := range s.Loading() {
		c.loading.remove(s, id)
	}
	for _, segment := range s.Segments() {
		c.unserve(s, segment)
	}
}

// Announced records that a server that is in the catalog serves a segment. What others say of the segment in the same
// words is kept once.
func (c *Catalog) Announced(s *balance.Server, segment *druid.DataSegment) {
	segment = c.shared(segment)
	s.Serve(segment)
	c.serve(s, segment)
}

// Unannounced records that it does not any more.
func (c *Catalog) Unannounced(s *balance.Server, id druid.SegmentID) {
	if segment := s.Segment(id); segment != nil {
		s.Unserve(id)
		c.unserve(s, segment)
	}
}

func (c *Catalog) shared(segment *druid.DataSegment) *druid.DataSegment {
	r := c.records[segment.ID()]
	switch {
	case r == nil:
	case r.used != nil && r.used.Same(segment):
		return r.used
	case len(r.servers) > 0:
		if other := r.servers[0].Segment(r.id); other.Same(segment) {
			return other
		}
	}
	return segment
}

func (c *Catalog) serve(s *balance.Server, segment *druid.DataSegment) {
	r := c.record(segment.ID())
	if slices.Contains(r.servers, s) {
		return
	}
	r.servers = append(r.servers, s)
	if len(r.servers) > 1 {
		return
	}
	r.source.served.add(segment, r)
	if r.used == nil {
		c.unneeded[r] = true
	}
}

func (c *Catalog) unserve(s *balance.Server, segment *druid.DataSegment) {
	r := c.records[segment.ID()]
	if r == nil {
		return
	}
	r.servers = slices.DeleteFunc(r.servers, func(one *balance.Server) bool { return one == s })
	if len(r.servers) > 0 {
		return
	}
	r.source.served.remove(segment)
	delete(c.unneeded, r)
	delete(c.covered, r)
	c.forget(r)
}

// forget forgets a segment that nobody needs or has.
func (c *Catalog) forget(r *record) {
	if r.used != nil || len(r.servers) > 0 {
		return
	}
	delete(c.records, r.id)
	if r.source.used.line.Len() == 0 && r.source.served.line.Len() == 0 {
		delete(c.sources, r.id.DataSource)
	}
}

// inOrder brings the order of the used segments up to date: what is new is sorted, and merged into the rest.
func (c *Catalog) inOrder() []*record {
	if !c.stale {
		return c.newest
	}
	incoming := slices.DeleteFunc(c.incoming, func(r *record) bool {
		twice := r.listed
		r.listed = r.used != nil
		return twice || !r.listed
	})
	slices.SortFunc(incoming, newestRecord)
	merged := make([]*record, 0, len(c.newest)+len(incoming))
	for _, r := range c.newest {
		if r.used == nil {
			r.listed = false
			continue
		}
		for len(incoming) > 0 && newestRecord(incoming[0], r) < 0 {
			merged, incoming = append(merged, incoming[0]), incoming[1:]
		}
		merged = append(merged, r)
	}
	c.newest, c.incoming, c.stale = append(merged, incoming...), nil, false
	return c.newest
}

func newestRecord(a, b *record) int {
	if a.id.Interval == b.id.Interval {
		return b.id.Compare(a.id)
	}
	return newest(&a.id.Interval, &b.id.Interval)
}

// look brings up to date what is overshadowed: the used segments on one core and the served ones on another, as neither
// look touches what the other does.
func (c *Catalog) look() {
	var used sync.WaitGroup
	used.Go(func() {
		for _, source := range c.sources {
			source.used.look()
		}
	})
	for _, source := range c.sources {
		source.served.look()
	}
	used.Wait()
}

// concealed are the used segments that served ones overshadow, newest first.
func (c *Catalog) concealed() []*record {
	var all []*record
	for r := range c.covered {
		if r.used != nil {
			all = append(all, r)
		}
	}
	slices.SortFunc(all, newestRecord)
	return all
}
