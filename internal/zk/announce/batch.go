package announce

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"oakmoot/internal/druid"
)

// batch is a node that holds an array of segments.
type batch struct {
	name  string
	segs  map[druid.SegmentID]shownSegment
	bytes int // of the segments' JSON, without brackets and commas
}

// shownSegment is a segment as others see it, with the length of its JSON.
type shownSegment struct {
	druid.DataSegment
	size int
}

// newBatch names a node as Druid does: host, type, tier, time, and a UUID without
// dashes, followed by a number that Java counts in each process; empty parts are left
// out.
func (s *Segments) newBatch() *batch {
	unique := strings.ReplaceAll(uuid.NewString(), "-", "") + strconv.Itoa(s.named)
	s.named++
	parts := []string{cmp.Or(s.self.HostAndTLSPort, s.self.Host), s.self.Type, s.self.Tier, druid.At(s.cfg.Clock.Now()).String(), unique}
	parts = slices.DeleteFunc(parts, func(p string) bool { return p == "" })
	return &batch{name: strings.Join(parts, "_"), segs: map[druid.SegmentID]shownSegment{}}
}

// fits reports whether a node has room for another segment.
func (s *Segments) fits(b *batch, size int) bool {
	commas := max(0, len(b.segs)-1)
	return len(b.segs) < s.cfg.PerNode && len("[]")+b.bytes+commas+size < s.cfg.MaxBytes
}

func (b *batch) add(seg druid.DataSegment, size int) {
	b.segs[seg.ID()] = shownSegment{seg, size}
	b.bytes += size
}

func (b *batch) remove(id druid.SegmentID) {
	b.bytes -= b.segs[id].size
	delete(b.segs, id)
}

// list returns the node's array, ordered by id.
func (b *batch) list() []druid.DataSegment {
	segs := make([]druid.DataSegment, 0, len(b.segs))
	for _, seg := range b.segs {
		segs = append(segs, seg.DataSegment)
	}
	slices.SortFunc(segs, func(x, y druid.DataSegment) int { return x.ID().Compare(y.ID()) })
	return segs
}
