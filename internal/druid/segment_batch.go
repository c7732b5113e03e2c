package druid

import "slices"

// Batch is the content of a znode of announced segments. It must not be changed.
type Batch struct {
	Segments []*DataSegment // as they are written

	ordered []*DataSegment // by id, each once: of those with the same id the first
}

var recentBatches = recent[*Batch]{read: func(content []byte) (*Batch, error) {
	segments, err := ParseSegments(content)
	if err != nil {
		return nil, err
	}
	return NewBatch(segments...), nil
}}

// ReadBatch reads the content of a znode of announced segments, packed or not. Whoever reads the same content soon
// after gets the same batch.
func ReadBatch(content []byte) (*Batch, error) { return recentBatches.get(content, nil) }

// ReadUnpackedBatch is ReadBatch for who has unpacked the content.
func ReadUnpackedBatch(content, unpacked []byte) (*Batch, error) {
	return recentBatches.get(content, unpacked)
}

// NewBatch makes a batch of segments.
func NewBatch(segments ...*DataSegment) *Batch {
	b := &Batch{Segments: segments, ordered: segments}
	if !ascending(segments) { // Druid writes them in order
		b.ordered = slices.Clone(segments)
		slices.SortStableFunc(b.ordered, compareSegments)
		b.ordered = slices.CompactFunc(b.ordered, func(a, b *DataSegment) bool { return compareSegments(a, b) == 0 })
	}
	return b
}

func compareSegments(a, b *DataSegment) int { return a.ID().Compare(b.ID()) }

func ascending(segments []*DataSegment) bool {
	for i := 1; i < len(segments); i++ {
		if compareSegments(segments[i-1], segments[i]) >= 0 {
			return false
		}
	}
	return true
}

// Each are the segments, ordered by id, each once: of those with the same id the first. A nil batch has none.
func (b *Batch) Each() []*DataSegment {
	if b == nil {
		return nil
	}
	return b.ordered
}

// Len is how many segments are written in the batch.
func (b *Batch) Len() int {
	if b == nil {
		return 0
	}
	return len(b.Segments)
}

// SegmentChange is a segment that one of two batches has and the other has not, or that they write differently.
type SegmentChange struct{ Before, After *DataSegment }

// Since lists in what the batch differs from one before, in the order of the ids. Either may be nil, which is none.
func (b *Batch) Since(earlier *Batch) (changes []SegmentChange) {
	before, after := earlier.Each(), b.Each()
	for len(before) > 0 || len(after) > 0 {
		var c SegmentChange
		switch order := compareFirst(before, after); {
		case order < 0:
			c.Before, before = before[0], before[1:]
		case order > 0:
			c.After, after = after[0], after[1:]
		default:
			c = SegmentChange{before[0], after[0]}
			before, after = before[1:], after[1:]
		}
		if c.Before != c.After {
			changes = append(changes, c)
		}
	}
	return changes
}

// compareFirst compares the first of two batches, of which one may be empty.
func compareFirst(a, b []*DataSegment) int {
	switch {
	case len(b) == 0:
		return -1
	case len(a) == 0:
		return 1
	case a[0] == b[0]:
		return 0
	}
	return compareSegments(a[0], b[0])
}
