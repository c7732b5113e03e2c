package coordinator

import (
	"maps"
	"net/http"
	"slices"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/node"
	"oakmoot/internal/zk/inventory"
)

// properties sum up what is served of a datasource.
type properties struct {
	Tiers    map[string]tierSum `json:"tiers"`
	Segments segmentSum         `json:"segments"`
}

type tierSum struct {
	Size         int64 `json:"size"`
	SegmentCount int   `json:"segmentCount"`
}

type segmentSum struct {
	Count   int              `json:"count"`
	Size    int64            `json:"size"`
	MinTime *druid.Timestamp `json:"minTime,omitempty"`
	MaxTime *druid.Timestamp `json:"maxTime,omitempty"`
}

// propertiesOf counts a segment once in total and once in each tier.
func propertiesOf(servers []inventory.Server, dataSource string) properties {
	p := properties{Tiers: map[string]tierSum{}}
	seen := map[string]map[druid.SegmentID]bool{"": {}}
	for _, s := range servers {
		if seen[s.Meta.Tier] == nil {
			seen[s.Meta.Tier] = map[druid.SegmentID]bool{}
		}
		for id, segment := range s.Segments {
			if segment.DataSource != dataSource {
				continue
			}
			if !seen[s.Meta.Tier][id] {
				t := p.Tiers[s.Meta.Tier]
				p.Tiers[s.Meta.Tier] = tierSum{t.Size + segment.Size, t.SegmentCount + 1}
			}
			if !seen[""][id] {
				p.Segments.add(segment)
			}
			seen[s.Meta.Tier][id], seen[""][id] = true, true
		}
	}
	return p
}

func (s *segmentSum) add(segment *druid.DataSegment) {
	s.Count++
	s.Size += segment.Size
	if s.MinTime == nil || segment.Interval.Start < *s.MinTime {
		s.MinTime = &segment.Interval.Start
	}
	if s.MaxTime == nil || segment.Interval.End > *s.MaxTime {
		s.MaxTime = &segment.Interval.End
	}
}

type simpleDataSource struct {
	Name       string     `json:"name"`
	Properties properties `json:"properties"`
}

type fullDataSource struct {
	Name       string               `json:"name"`
	Properties map[string]string    `json:"properties"`
	Segments   []*druid.DataSegment `json:"segments"`
}

func dataSources(l *leadership, _ snapshot, w http.ResponseWriter, r *http.Request) {
	servers := l.view.Snapshot()
	served := servedSegments(servers)
	names := sortedNames(served)
	switch {
	case node.Present(r, "full"):
		all := []fullDataSource{}
		for _, name := range names {
			all = append(all, fullDataSource{name, map[string]string{}, byID(served[name])})
		}
		ok(w, all)
	case node.Present(r, "simple"):
		all := []simpleDataSource{}
		for _, name := range names {
			all = append(all, simpleDataSource{name, propertiesOf(servers, name)})
		}
		ok(w, all)
	default:
		ok(w, names)
	}
}

// served finds what is served of the datasource in the path. It has answered for an unknown one itself.
func (l *leadership) served(w http.ResponseWriter, r *http.Request) (map[druid.SegmentID]*druid.DataSegment, bool) {
	segments, found := servedSegments(l.view.Snapshot())[r.PathValue("ds")]
	if !found {
		w.WriteHeader(http.StatusNoContent)
	}
	return segments, found
}

func dataSource(l *leadership, _ snapshot, w http.ResponseWriter, r *http.Request) {
	segments, found := l.served(w, r)
	switch name := r.PathValue("ds"); {
	case !found:
	case node.Present(r, "full"):
		ok(w, fullDataSource{name, map[string]string{}, byID(segments)})
	default:
		ok(w, propertiesOf(l.view.Snapshot(), name))
	}
}

func dataSourceIntervals(l *leadership, _ snapshot, w http.ResponseWriter, r *http.Request) {
	segments, found := l.served(w, r)
	if !found {
		return
	}
	intervals := map[druid.Interval]bool{}
	for _, s := range segments {
		intervals[s.Interval] = true
	}
	if !l.detailed(w, r, segments) {
		ok(w, slices.SortedFunc(maps.Keys(intervals), latestFirst))
	}
}

// dataSourceInterval answers about the segments that lie inside the interval.
func dataSourceInterval(l *leadership, _ snapshot, w http.ResponseWriter, r *http.Request) {
	interval, valid := pathInterval(w, r)
	if !valid {
		return
	}
	segments, found := l.served(w, r)
	if !found {
		return
	}
	maps.DeleteFunc(segments, func(id druid.SegmentID, _ *druid.DataSegment) bool { return !interval.Contains(id.Interval) })
	if !l.detailed(w, r, segments) {
		ok(w, idsOf(byID(segments)))
	}
}

// placed is a segment and the hosts that serve it.
type placed struct {
	Metadata *druid.DataSegment `json:"metadata"`
	Servers  []string           `json:"servers"`
}

// detailed answers with sums, or with every segment by interval if either is asked for.
func (l *leadership) detailed(w http.ResponseWriter, r *http.Request, segments map[druid.SegmentID]*druid.DataSegment) bool {
	switch {
	case node.Present(r, "full"):
		servers := l.view.Snapshot()
		byInterval := map[string]map[druid.SegmentID]placed{}
		for id, s := range segments {
			key := s.Interval.String()
			if byInterval[key] == nil {
				byInterval[key] = map[druid.SegmentID]placed{}
			}
			byInterval[key][id] = placed{s, hostsOf(servers, id)}
		}
		ok(w, byInterval)
	case node.Present(r, "simple"):
		byInterval := map[string]sum{}
		for _, s := range segments {
			byInterval[s.Interval.String()] = byInterval[s.Interval.String()].plus(s)
		}
		ok(w, byInterval)
	default:
		return false
	}
	return true
}

func hostsOf(servers []inventory.Server, id druid.SegmentID) []string {
	hosts := []string{}
	for _, s := range servers {
		if _, serves := s.Segments[id]; serves {
			hosts = append(hosts, hostOf(s.Meta))
		}
	}
	return hosts
}

// serverView is what a realtime node asks about handoff if handoffComplete does not exist.
func serverView(l *leadership, _ snapshot, w http.ResponseWriter, r *http.Request) {
	if interval, valid := pathInterval(w, r); valid {
		ok(w, servedIn(l.view.Snapshot(), r.PathValue("ds"), interval))
	}
}

func dataSourceSegments(l *leadership, _ snapshot, w http.ResponseWriter, r *http.Request) {
	segments, found := l.served(w, r)
	switch {
	case !found:
	case node.Present(r, "full"):
		ok(w, byID(segments))
	default:
		ok(w, idsOf(byID(segments)))
	}
}

func dataSourceSegment(l *leadership, _ snapshot, w http.ResponseWriter, r *http.Request) {
	segments, found := l.served(w, r)
	if !found {
		return
	}
	for id, s := range segments {
		if id.String() == r.PathValue("id") {
			ok(w, placed{s, hostsOf(l.view.Snapshot(), id)})
			return
		}
	}
	w.WriteHeader(http.StatusNoContent)
}

func dataSourceTiers(l *leadership, _ snapshot, w http.ResponseWriter, r *http.Request) {
	ok(w, sortedNames(propertiesOf(l.view.Snapshot(), r.PathValue("ds")).Tiers))
}
