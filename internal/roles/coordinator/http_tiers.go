package coordinator

import (
	"net/http"
	"slices"
	"strings"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/node"
)

type tierSize struct {
	CurrSize int64 `json:"currSize"`
	MaxSize  int64 `json:"maxSize"`
}

func tiers(l *leadership, _ snapshot, w http.ResponseWriter, r *http.Request) {
	names, sizes := []string{}, map[string]tierSize{}
	for _, s := range l.view.Snapshot() {
		t := sizes[s.Meta.Tier]
		sizes[s.Meta.Tier] = tierSize{t.CurrSize + sizeOf(s), t.MaxSize + s.Meta.MaxSize}
		names = append(names, s.Meta.Tier)
	}
	if node.Present(r, "simple") {
		ok(w, sizes)
		return
	}
	slices.Sort(names)
	ok(w, slices.Compact(names))
}

// sum is a number of segments and their bytes.
type sum struct {
	Size  int64 `json:"size"`
	Count int   `json:"count"`
}

func (s sum) plus(segment *druid.DataSegment) sum { return sum{s.Size + segment.Size, s.Count + 1} }

// tier lists a tier's datasources, or sums them by interval; its name is not case-sensitive.
func tier(l *leadership, _ snapshot, w http.ResponseWriter, r *http.Request) {
	byInterval := map[string]map[string]sum{}
	for _, s := range l.view.Snapshot() {
		if !strings.EqualFold(s.Meta.Tier, r.PathValue("tier")) {
			continue
		}
		for _, segment := range s.Segments {
			if byInterval[segment.DataSource] == nil {
				byInterval[segment.DataSource] = map[string]sum{}
			}
			key := segment.Interval.String()
			byInterval[segment.DataSource][key] = byInterval[segment.DataSource][key].plus(segment)
		}
	}
	if node.Present(r, "simple") {
		ok(w, byInterval)
		return
	}
	ok(w, sortedNames(byInterval))
}
