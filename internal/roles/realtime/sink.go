package realtime

import (
	"slices"
	"strconv"
	"sync/atomic"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/ingest"
	"oakmoot/internal/rows/query"
	"oakmoot/internal/rows/segment"
)

// sink is a segment under construction: Sink. The plumber owns it; queries read its
// hydrants, and each row is in exactly one of them.
type sink struct {
	segment  druid.DataSegment // as it is announced
	dir      string
	hydrants atomic.Pointer[[]*hydrant] // the last one takes rows, unless the sink is closed
	closed   bool                       // takes no more rows
	merging  bool
	pushed   bool // merged, pushed and published
	failed   bool // the push has failed and is to be tried again after a pause

	announced chan struct{} // closed once it is announced
}

// hydrant is a part of a sink's rows: FireHydrant. It is in memory and, once frozen,
// also on disk.
type hydrant struct {
	number int
	index  *ingest.Incremental // nil if restored
	rows   *segment.Segment    // also set if restored

	// Owned by the plumber: frozen takes no more rows, onDisk has been written.
	frozen, onDisk bool

	placed bool // its files have their name; only the persist under way touches it
}

func (h *hydrant) table() (query.Queryable, error) {
	if h.index == nil {
		return h.rows, nil
	}
	return h.index.Snapshot()
}

func (h *hydrant) empty() bool { return h.index != nil && h.index.Rows() == 0 }

func newSink(segment druid.DataSegment, dir string, restored []*hydrant) *sink {
	s := &sink{segment: segment, dir: dir, announced: make(chan struct{})}
	s.hydrants.Store(&restored)
	return s
}

// Tables returns the hydrants' rows.
func (s *sink) Tables() ([]query.Queryable, error) {
	var tables []query.Queryable
	for _, h := range *s.hydrants.Load() {
		if h.empty() {
			continue
		}
		t, err := h.table()
		if err != nil {
			return nil, err
		}
		tables = append(tables, t)
	}
	return tables, nil
}

// current returns the hydrant that takes rows, starting one when the last is frozen.
func (s *sink) current(schema *ingest.Schema) *ingest.Incremental {
	all := *s.hydrants.Load()
	number := 0
	if n := len(all); n > 0 {
		if last := all[n-1]; !last.frozen {
			return last.index
		}
		number = all[n-1].number + 1
	}
	next := &hydrant{number: number, index: ingest.NewIncremental(schema, s.segment.Interval)}
	grown := append(slices.Clone(all), next)
	s.hydrants.Store(&grown)
	return next.index
}

// freeze ends the hydrant that takes rows, and returns those to be written.
func (s *sink) freeze() []*hydrant {
	var found []*hydrant
	for _, h := range *s.hydrants.Load() {
		if !h.onDisk && !h.empty() {
			h.frozen = true
			found = append(found, h)
		}
	}
	return found
}

// saved returns how many hydrants are on disk: all that have lower numbers are.
func (s *sink) saved() int {
	n := 0
	for _, h := range *s.hydrants.Load() {
		if h.onDisk {
			n = h.number + 1
		}
	}
	return n
}

func hydrantName(number int) string { return strconv.Itoa(number) }
