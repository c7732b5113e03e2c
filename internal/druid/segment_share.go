package druid

import (
	"encoding/json"
	"hash/maphash"
	"runtime"
	"sync"
	"weak"
)

// ParseSegments reads an array of segments. Segments that are written alike are the same object for as long as anybody
// has it, whoever reads them: a process with many roles reads each a dozen times. It must not be changed.
func ParseSegments(data []byte) ([]*DataSegment, error) {
	var all []*DataSegment
	p := plain{data: data}
	for more := p.take('[') && p.next() != ']'; more; more = p.take(',') {
		s, err := ParseSegment(p.value())
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	if len(all) > 0 && p.take(']') && p.next() == 0 && p.at == len(data) {
		return all, nil
	}
	all = nil // nothing, or no array
	return all, json.Unmarshal(data, &all)
}

// ParseSegment reads one segment, which is shared likewise.
func ParseSegment(data []byte) (*DataSegment, error) {
	key := textKey{maphash.Bytes(textSeeds[0], data), maphash.Bytes(textSeeds[1], data)}
	part := &sharedSegments[key[0]%sharedParts]
	if s := part.get(key); s != nil {
		return s, nil
	}
	s := new(DataSegment)
	if err := json.Unmarshal(data, s); err != nil {
		return nil, err
	}
	return part.put(key, s), nil
}

// textKey stands for a text: two hashes that differ from run to run. That two of a billion texts have the same is less
// likely than one in a quintillion.
type textKey [2]uint64

var textSeeds = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}

// segmentTable finds segments by their texts, without keeping them.
type segmentTable struct {
	mu    sync.Mutex // guards known
	known map[textKey]weak.Pointer[DataSegment]
}

const sharedParts = 32

var sharedSegments [sharedParts]segmentTable

func (t *segmentTable) get(key textKey) *DataSegment {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.known[key].Value()
}

// put makes a segment known, unless another goroutine was faster: then that one's is taken.
func (t *segmentTable) put(key textKey, s *DataSegment) *DataSegment {
	t.mu.Lock()
	defer t.mu.Unlock()
	if first := t.known[key].Value(); first != nil {
		return first
	}
	if t.known == nil {
		t.known = map[textKey]weak.Pointer[DataSegment]{}
	}
	t.known[key] = weak.Make(s)
	runtime.AddCleanup(s, t.forget, key)
	return s
}

// forget removes a segment that nobody has any more.
func (t *segmentTable) forget(key textKey) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.known[key].Value() == nil {
		delete(t.known, key)
	}
}
