package druid

import (
	"hash/maphash"
	"sync"
)

// ReadBatch reads the content of a znode of announced segments, packed or not. Whoever reads the same content soon
// after gets the same slice: in one process the servers' view of each role, the model of the cluster and the trace read
// every batch. It must not be changed.
func ReadBatch(content []byte) ([]*DataSegment, error) {
	one := recentBatches.get(textKey{maphash.Bytes(textSeeds[0], content), maphash.Bytes(textSeeds[1], content)})
	one.read.Do(func() { one.segments, one.err = ParseSegments(Gunzip(content)) })
	return one.segments, one.err
}

// batch is a batch that is read by the first who needs it.
type batch struct {
	read     sync.Once
	segments []*DataSegment
	err      error
}

// batchTable finds the batches that were asked for lately: those since the table was last full, and as many before them.
type batchTable struct {
	mu          sync.Mutex // guards the fields below
	young, aged map[textKey]*batch
}

// batchesKept is how many batches the table holds at least, once it is full. A trace of a hundred servers that
// announce in turn has as many that are before and after.
const batchesKept = 512

var recentBatches batchTable

func (t *batchTable) get(key textKey) *batch {
	t.mu.Lock()
	defer t.mu.Unlock()
	if one := t.young[key]; one != nil {
		return one
	}
	one := t.aged[key]
	if one == nil {
		one = new(batch)
	}
	if t.young == nil || len(t.young) >= batchesKept {
		t.young, t.aged = make(map[textKey]*batch, batchesKept), t.young
	}
	t.young[key] = one
	return one
}

// SegmentChange is a segment that one of two batches has and the other has not, or that they write differently.
type SegmentChange struct{ Before, After *DataSegment }

// CompareBatches lists in what two batches differ. It is false unless both are in the order of their ids, each once, as
// Druid writes them.
func CompareBatches(before, after []*DataSegment) (changes []SegmentChange, inOrder bool) {
	if !ascending(before) || !ascending(after) {
		return nil, false
	}
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
	return changes, true
}

func ascending(batch []*DataSegment) bool {
	for i := 1; i < len(batch); i++ {
		if batch[i-1].ID().Compare(batch[i].ID()) >= 0 {
			return false
		}
	}
	return true
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
	return a[0].ID().Compare(b[0].ID())
}
