package coordinator

import (
	"net/http"

	"oakmoot/internal/druid"
	"oakmoot/internal/roles/coordinator/plan"
	"oakmoot/internal/run/node"
)

// loadStatus reports how much of what is used is served: in percent, as segments without any replica (simple), or as
// missing replicas by tier (full).
func loadStatus(l *leadership, s snapshot, w http.ResponseWriter, r *http.Request) {
	var answer any
	count := func(counts *plan.Catalog) { answer = plan.Unavailable(s.used, counts) }
	switch {
	case node.Present(r, "simple"):
	case node.Present(r, "full"):
		count = func(counts *plan.Catalog) {
			answer = plan.UnderReplicated(s.used, s.rules, counts, druid.At(l.Clock.Now()))
		}
	default:
		ok(w, percentServed(s.used, servedSegments(l.view.Snapshot())))
		return
	}
	if l.loop.Do(r.Context(), func() { count(l.counted.Load()) }) != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	ok(w, answer)
}

func percentServed(used usedSegments, served map[string]map[druid.SegmentID]*druid.DataSegment) map[string]double {
	total, found := map[string]int{}, map[string]int{}
	for _, segment := range used {
		total[segment.DataSource]++
		if _, is := served[segment.DataSource][segment.ID()]; is {
			found[segment.DataSource]++
		}
	}
	percent := make(map[string]double, len(total))
	for name, n := range total {
		percent[name] = double(100 * (float64(found[name]) / float64(n)))
	}
	return percent
}

// queued is a peon's queue as it leaves the loop.
type queued struct {
	load, drop, marked []*druid.DataSegment
}

func (p *loadQueuePeon) queued() queued {
	q := queued{load: []*druid.DataSegment{}, drop: []*druid.DataSegment{}, marked: []*druid.DataSegment{}}
	for _, r := range p.loads {
		q.load = append(q.load, r.segment)
	}
	for _, r := range p.drops {
		q.drop = append(q.drop, r.segment)
	}
	for _, segment := range p.marked {
		q.marked = append(q.marked, segment)
	}
	return q
}

// loadQueue shows the peons' queues; it does not read ZooKeeper.
func loadQueue(l *leadership, _ snapshot, w http.ResponseWriter, r *http.Request) {
	queues := map[string]queued{}
	if l.loop.Do(r.Context(), func() {
		for name, p := range l.queues.peons {
			queues[name] = p.queued()
		}
	}) != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	answer := make(map[string]any, len(queues))
	for name, q := range queues {
		switch {
		case node.Present(r, "simple"):
			answer[name] = simpleQueue{len(q.load), len(q.drop), bytesOf(q.load), bytesOf(q.drop)}
		case node.Present(r, "full"):
			answer[name] = fullQueue{q.load, q.drop, q.marked}
		default:
			answer[name] = idQueue{idsOf(q.load), idsOf(q.drop)}
		}
	}
	ok(w, answer)
}

type simpleQueue struct {
	SegmentsToLoad     int   `json:"segmentsToLoad"`
	SegmentsToDrop     int   `json:"segmentsToDrop"`
	SegmentsToLoadSize int64 `json:"segmentsToLoadSize"`
	SegmentsToDropSize int64 `json:"segmentsToDropSize"`
}

type fullQueue struct {
	SegmentsToLoad       []*druid.DataSegment `json:"segmentsToLoad"`
	SegmentsToDrop       []*druid.DataSegment `json:"segmentsToDrop"`
	SegmentsMarkedToDrop []*druid.DataSegment `json:"segmentsMarkedToDrop"`
}

type idQueue struct {
	SegmentsToLoad []string `json:"segmentsToLoad"`
	SegmentsToDrop []string `json:"segmentsToDrop"`
}

func bytesOf(segments []*druid.DataSegment) int64 {
	var n int64
	for _, s := range segments {
		n += s.Size
	}
	return n
}

func idsOf(segments []*druid.DataSegment) []string {
	ids := make([]string, len(segments))
	for i, s := range segments {
		ids[i] = s.ID().String()
	}
	return ids
}

// remainingForCompaction knows no datasource: nothing is compacted here.
func remainingForCompaction(_ *leadership, _ snapshot, w http.ResponseWriter, _ *http.Request) {
	node.WriteError(w, http.StatusBadRequest, "unknown dataSource")
}
