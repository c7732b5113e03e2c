package plan

import (
	"oakmoot/internal/druid"
	"oakmoot/internal/druid/timeline"
)

// visibility is which of a datasource's segments newer ones overshadow completely. It looks again only around what has
// changed.
type visibility struct {
	line    *timeline.Timeline[*record]
	changed map[druid.Interval]bool // since the last look
	set     func(r *record, overshadowed bool)
}

// wholeLook is how large a share of a timeline has changed when it is quicker to look at all of it: one in so many.
const wholeLook = 16

func newVisibility(set func(*record, bool)) visibility {
	return visibility{line: timeline.New[*record](), changed: map[druid.Interval]bool{}, set: set}
}

func (v *visibility) add(s *druid.DataSegment, r *record) {
	v.line.Add(s.Interval, s.Version, s.ShardSpec, r)
	v.changed[s.Interval] = true
}

func (v *visibility) remove(s *druid.DataSegment) {
	v.line.Remove(s.Interval, s.Version, s.ShardSpec)
	v.changed[s.Interval] = true
}

func (v *visibility) look() {
	switch {
	case len(v.changed) == 0:
		return
	case len(v.changed)*wholeLook > v.line.Len():
		v.around(druid.Eternity)
	default:
		for i := range v.changed {
			v.around(i)
		}
	}
	v.changed = map[druid.Interval]bool{}
}

func (v *visibility) around(i druid.Interval) {
	v.line.Around(i, func(h timeline.Holder[*record], overshadowed bool) {
		for _, chunk := range h.Chunks {
			v.set(chunk.Object, overshadowed)
		}
	})
}
