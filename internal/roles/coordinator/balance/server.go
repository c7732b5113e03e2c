// Package balance chooses servers for segments: Druid's balancer strategies and their cost function. It is pure;
// randomness comes from the caller's rand.Rand.
package balance

import (
	"cmp"
	"maps"
	"runtime"
	"slices"
	"sync"

	"oakmoot/internal/druid"
)

// Server is a data server: Druid's ServerHolder plus what its peon has queued. Both are kept from run to run. A run adds
// what it decides, and the peon what then becomes of it.
type Server struct {
	Meta            druid.ServerMetadata
	Decommissioning bool

	served      map[druid.SegmentID]*druid.DataSegment
	servedBytes int64
	byID        []*druid.DataSegment // what is served in order of id, built on first use
	dataSources map[string]int       // how many segments of each are served

	loading      map[druid.SegmentID]*druid.DataSegment // queued to load, including the request in flight
	loadingBytes int64
	dropping     map[druid.SegmentID]bool               // a drop is queued
	asked        map[druid.SegmentID]bool               // a drop was requested and has not been seen yet
	marked       map[druid.SegmentID]*druid.DataSegment // to be dropped once loaded elsewhere

	near *near // what is served or queued to load, less what is marked; nil until a cost is asked for
}

// NewServer returns a server that serves segments.
func NewServer(meta druid.ServerMetadata, segments ...*druid.DataSegment) *Server {
	s := &Server{Meta: meta, served: map[druid.SegmentID]*druid.DataSegment{}, dataSources: map[string]int{}}
	for _, segment := range segments {
		s.Serve(segment)
	}
	return s
}

// Serve records that the server announces a segment.
func (s *Server) Serve(segment *druid.DataSegment) {
	s.Unserve(segment.ID())
	s.served[segment.ID()] = segment
	s.servedBytes += segment.Size
	s.dataSources[segment.DataSource]++
	s.byID = nil
	s.weigh(segment, 1)
}

// Unserve records that the server no longer announces a segment.
func (s *Server) Unserve(id druid.SegmentID) {
	segment := s.served[id]
	if segment == nil {
		return
	}
	delete(s.served, id)
	s.servedBytes -= segment.Size
	if s.dataSources[id.DataSource]--; s.dataSources[id.DataSource] == 0 {
		delete(s.dataSources, id.DataSource)
	}
	s.byID = nil
	s.weigh(segment, -1)
}

// weigh adds a segment to what its neighbours cost, or takes it away.
func (s *Server) weigh(segment *druid.DataSegment, n int) {
	if s.near != nil {
		s.near.add(segment, n)
	}
}

// draw finds the neighbours on servers that nobody has asked about yet, on as many cores as there are. Each server's come out
// the same whoever finds them.
func draw(servers []*Server) {
	var fresh []*Server
	for _, s := range servers {
		if s.near == nil {
			fresh = append(fresh, s)
		}
	}
	if len(fresh) == 0 {
		return
	}
	var cores sync.WaitGroup
	defer cores.Wait()
	for some := range slices.Chunk(fresh, (len(fresh)-1)/runtime.GOMAXPROCS(0)+1) {
		cores.Go(func() {
			for _, s := range some {
				s.nearby()
			}
		})
	}
}

// nearby is what a segment on this server would have for neighbours.
func (s *Server) nearby() *near {
	if s.near == nil {
		s.near = newNear(slices.AppendSeq(slices.Collect(maps.Values(s.served)), maps.Values(s.loading)))
		for _, segment := range s.marked {
			s.near.add(segment, -1)
		}
	}
	return s.near
}

// Served is how many segments the server serves.
func (s *Server) Served() int { return len(s.served) }

// Segment is what the server announces of a segment; nil if it does not serve it.
func (s *Server) Segment(id druid.SegmentID) *druid.DataSegment { return s.served[id] }

// Serves reports whether the server serves a segment.
func (s *Server) Serves(id druid.SegmentID) bool { return s.served[id] != nil }

// ServesAny reports whether the server serves a segment of one of the datasources.
func (s *Server) ServesAny(dataSources []string) bool {
	return slices.ContainsFunc(dataSources, func(name string) bool { return s.dataSources[name] > 0 })
}

// Loads reports whether the segment is queued to be loaded.
func (s *Server) Loads(id druid.SegmentID) bool { _, ok := s.loading[id]; return ok }

// Drops reports whether the server has been asked to drop the segment.
func (s *Server) Drops(id druid.SegmentID) bool { return s.dropping[id] || s.asked[id] }

// Leaves reports whether a segment that the server serves is about to go: a drop has been requested, or a move will
// end in one.
func (s *Server) Leaves(id druid.SegmentID) bool {
	_, moving := s.marked[id]
	return moving || s.Drops(id)
}

// Safe reports whether the server serves a segment and will keep serving it.
func (s *Server) Safe(id druid.SegmentID) bool { return s.Serves(id) && !s.Leaves(id) }

// Available is how many more bytes the server can be asked to load.
func (s *Server) Available() int64 { return s.Meta.MaxSize - s.Used() }

// Used is how many bytes it serves or is to load.
func (s *Server) Used() int64 { return s.servedBytes + s.loadingBytes }

// Queued is how many segments are queued to be loaded.
func (s *Server) Queued() int { return len(s.loading) }

// Loading are the segments queued to be loaded.
func (s *Server) Loading() map[druid.SegmentID]*druid.DataSegment { return s.loading }

// Segments are the served segments in order of id, so that the same random numbers pick the same segment.
func (s *Server) Segments() []*druid.DataSegment {
	if s.byID == nil {
		s.byID = make([]*druid.DataSegment, 0, len(s.served))
		for _, segment := range s.served {
			s.byID = append(s.byID, segment)
		}
		slices.SortFunc(s.byID, ByID)
	}
	return s.byID
}

// ByID orders segments by their ids.
func ByID(a, b *druid.DataSegment) int { return a.ID().Compare(b.ID()) }

// ByRoom orders servers by available size, the emptiest first, as Druid orders the holders of a tier.
func ByRoom(a, b *Server) int {
	return cmp.Or(
		cmp.Compare(b.Available(), a.Available()),
		cmp.Compare(b.Meta.Host, a.Meta.Host),
		cmp.Compare(b.Meta.Tier, a.Meta.Tier),
		cmp.Compare(b.Meta.Type, a.Meta.Type),
	)
}
