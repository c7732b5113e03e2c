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
	segs  []announced // ordered by id
	bytes int         // of the segments' JSON, without brackets and commas
}

// announced is a segment as a batch writes it.
type announced struct {
	id   druid.SegmentID
	json []byte
}

func (b *batch) find(id druid.SegmentID) (at int, found bool) {
	return slices.BinarySearchFunc(b.segs, id, func(a announced, id druid.SegmentID) int { return a.id.Compare(id) })
}

// newBatch names a node as Druid does: host, type, tier, time, and a UUID without
// dashes, followed by a number that Java counts in each process; empty parts are left
// out.
func (s *Segments) newBatch() *batch {
	unique := strings.ReplaceAll(uuid.NewString(), "-", "") + strconv.Itoa(s.named)
	s.named++
	parts := []string{cmp.Or(s.self.HostAndTLSPort, s.self.Host), s.self.Type, s.self.Tier, druid.At(s.cfg.Clock.Now()).String(), unique}
	parts = slices.DeleteFunc(parts, func(p string) bool { return p == "" })
	return &batch{name: strings.Join(parts, "_")}
}

// fits reports whether a node has room for another segment.
func (s *Segments) fits(b *batch, size int) bool {
	commas := max(0, len(b.segs)-1)
	return len(b.segs) < s.cfg.PerNode && len("[]")+b.bytes+commas+size < s.cfg.MaxBytes
}

func (b *batch) add(id druid.SegmentID, json []byte) {
	at, _ := b.find(id)
	b.segs = slices.Insert(b.segs, at, announced{id, json})
	b.bytes += len(json)
}

func (b *batch) remove(id druid.SegmentID) {
	if at, found := b.find(id); found {
		b.bytes -= len(b.segs[at].json)
		b.segs = slices.Delete(b.segs, at, at+1)
	}
}

// array appends the node's content: its segments, ordered by id.
func (b *batch) array(out []byte) []byte {
	out = append(out, '[')
	for i, one := range b.segs {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, one.json...)
	}
	return append(out, ']')
}
