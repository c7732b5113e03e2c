// Package balance chooses servers for segments: Druid's balancer strategies and their cost function. It is pure;
// randomness comes from the caller's rand.Rand.
package balance

import (
	"cmp"
	"slices"

	"oakmoot/internal/druid"
)

// Server is a data server during one run of the coordinator's duties: Druid's ServerHolder plus what its peon has
// queued. A run updates it as it queues more.
type Server struct {
	Meta            druid.ServerMetadata
	Decommissioning bool

	segments map[druid.SegmentID]druid.DataSegment // served
	loading  map[druid.SegmentID]druid.DataSegment // queued to load, including the request in flight
	dropping map[druid.SegmentID]bool              // a drop is queued, or was requested and has not been seen yet
	marked   map[druid.SegmentID]druid.DataSegment // to be dropped once loaded elsewhere

	servedBytes, loadingBytes int64
	byID                      []druid.DataSegment // segments in order of id, built on first use
}

// NewServer returns a server that serves segments, a map that must not change while the Server is in use.
func NewServer(meta druid.ServerMetadata, segments map[druid.SegmentID]druid.DataSegment) *Server {
	s := &Server{
		Meta: meta, segments: segments, loading: map[druid.SegmentID]druid.DataSegment{},
		dropping: map[druid.SegmentID]bool{}, marked: map[druid.SegmentID]druid.DataSegment{},
	}
	for _, segment := range segments {
		s.servedBytes += segment.Size
	}
	return s
}

// Load records that the server is to load a segment.
func (s *Server) Load(segment druid.DataSegment) {
	if _, queued := s.loading[segment.ID()]; !queued {
		s.loading[segment.ID()] = segment
		s.loadingBytes += segment.Size
	}
}

// Drop records that the server is to drop a segment.
func (s *Server) Drop(id druid.SegmentID) { s.dropping[id] = true }

// Mark records that the segment will be dropped once another server has loaded it.
func (s *Server) Mark(segment druid.DataSegment) { s.marked[segment.ID()] = segment }

// Serves reports whether the server serves a segment.
func (s *Server) Serves(id druid.SegmentID) bool { _, ok := s.segments[id]; return ok }

// Loads reports whether the segment is queued to be loaded.
func (s *Server) Loads(id druid.SegmentID) bool { _, ok := s.loading[id]; return ok }

// Drops reports whether the server has been asked to drop the segment.
func (s *Server) Drops(id druid.SegmentID) bool { return s.dropping[id] }

// Safe reports whether the server serves a segment and will keep serving it: no drop has been requested, and no move
// will end in one.
func (s *Server) Safe(id druid.SegmentID) bool {
	_, moving := s.marked[id]
	return s.Serves(id) && !s.dropping[id] && !moving
}

// Available is how many more bytes the server can be asked to load.
func (s *Server) Available() int64 { return s.Meta.MaxSize - s.Used() }

// Used is how many bytes it serves or is to load.
func (s *Server) Used() int64 { return s.servedBytes + s.loadingBytes }

// Queued is how many segments are queued to be loaded.
func (s *Server) Queued() int { return len(s.loading) }

// Loading are the segments queued to be loaded.
func (s *Server) Loading() map[druid.SegmentID]druid.DataSegment { return s.loading }

// Segments are the served segments in order of id, so that the same random numbers pick the same segment.
func (s *Server) Segments() []druid.DataSegment {
	if s.byID == nil {
		s.byID = make([]druid.DataSegment, 0, len(s.segments))
		for _, segment := range s.segments {
			s.byID = append(s.byID, segment)
		}
		slices.SortFunc(s.byID, func(a, b druid.DataSegment) int { return a.ID().Compare(b.ID()) })
	}
	return s.byID
}

// ByRoom orders servers by available size, the emptiest first, as Druid orders the holders of a tier.
func ByRoom(a, b *Server) int {
	return cmp.Or(
		cmp.Compare(b.Available(), a.Available()),
		cmp.Compare(b.Meta.Host, a.Meta.Host),
		cmp.Compare(b.Meta.Tier, a.Meta.Tier),
		cmp.Compare(b.Meta.Type, a.Meta.Type),
	)
}
