package metadata

import (
	"context"

	"oakmoot/internal/druid"
)

// Follower keeps up with which segments are used. It belongs to one goroutine.
type Follower struct {
	segments Segments
	known    map[druid.SegmentID]bool
}

// Followed is what has changed since a Follower looked last.
type Followed struct {
	Added []*druid.DataSegment
	Gone  []druid.SegmentID
	Used  int // how many there are now
}

// Follow returns a Follower that knows of no segments yet.
func (s Segments) Follow() *Follower {
	return &Follower{segments: s, known: map[druid.SegmentID]bool{}}
}

// Forget makes it report segments as added again if they are used when it looks next.
func (f *Follower) Forget(ids ...druid.SegmentID) {
	for _, id := range ids {
		delete(f.known, id)
	}
}

// Changes looks.
func (f *Follower) Changes(ctx context.Context) (Followed, error) {
	segments, err := f.segments.Used(ctx)
	if err != nil {
		return Followed{}, err
	}
	var c Followed
	now := make(map[druid.SegmentID]bool, len(segments))
	for i := range segments {
		id := segments[i].ID()
		now[id] = true
		if !f.known[id] {
			c.Added = append(c.Added, &segments[i])
		}
	}
	for id := range f.known {
		if !now[id] {
			c.Gone = append(c.Gone, id)
		}
	}
	f.known, c.Used = now, len(now)
	return c, nil
}
