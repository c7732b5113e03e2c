package balance

import "oakmoot/internal/druid"

// Load records that the server is to load a segment.
func (s *Server) Load(segment *druid.DataSegment) {
	id := segment.ID()
	was := s.loading[id]
	if was == segment {
		return
	}
	s.Unload(id)
	if s.loading == nil {
		s.loading = map[druid.SegmentID]*druid.DataSegment{}
	}
	s.loading[id] = segment
	s.loadingBytes += segment.Size
	s.weigh(segment, 1)
}

// Unload records that it is not to load a segment any more.
func (s *Server) Unload(id druid.SegmentID) {
	segment := s.loading[id]
	if segment == nil {
		return
	}
	delete(s.loading, id)
	s.loadingBytes -= segment.Size
	s.weigh(segment, -1)
}

// Drop records that the server is to drop a segment.
func (s *Server) Drop(id druid.SegmentID) {
	if s.dropping == nil {
		s.dropping = map[druid.SegmentID]bool{}
	}
	s.dropping[id] = true
}

// Keep records that it is not to drop a segment any more.
func (s *Server) Keep(id druid.SegmentID) { delete(s.dropping, id) }

// Asked records which drops were requested and have not been seen yet, in place of those recorded before.
func (s *Server) Asked(drops map[druid.SegmentID]bool) { s.asked = drops }

// Mark records that the segment will be dropped once another server has loaded it.
func (s *Server) Mark(segment *druid.DataSegment) {
	if s.marked[segment.ID()] != nil {
		return
	}
	if s.marked == nil {
		s.marked = map[druid.SegmentID]*druid.DataSegment{}
	}
	s.marked[segment.ID()] = segment
	s.weigh(segment, -1)
}

// Unmark records that it will not.
func (s *Server) Unmark(id druid.SegmentID) {
	if segment := s.marked[id]; segment != nil {
		delete(s.marked, id)
		s.weigh(segment, 1)
	}
}

// Idle forgets everything that was queued or asked for.
func (s *Server) Idle() {
	for id := range s.loading {
		s.Unload(id)
	}
	for id := range s.marked {
		s.Unmark(id)
	}
	s.dropping, s.asked = nil, nil
}
