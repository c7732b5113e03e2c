package observe

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/stage/scenario"
)

// wide is a cluster of so many servers, of which each announces so many segments, 50 in each znode as
// BatchDataSegmentAnnouncer does, and of which two announce each segment.
func wide(t testing.TB, servers, segments int) *land {
	l := newLand(t, 1)
	l.lead(l.coordinator(0, 7), 0)
	for i := range servers {
		session := int64(1000 + i)
		l.hear(Node{Name: fmt.Sprintf("historical-%d", i), Kind: "historical", Host: host(1 + i), State: Up, Session: session, Reaches: true})
		l.write(l.paths.Announcement(host(1+i)), server(1+i, druid.TypeHistorical), session)
		for first := 0; first < segments; first += 50 {
			batch := make([]druid.DataSegment, min(50, segments-first))
			for k := range batch {
				batch[k] = segment("wiki", i/2*segments+first+k)
			}
			l.write(l.paths.Segment(host(1+i), fmt.Sprint("batch", first)), batch, session)
		}
	}
	return l
}

func BenchmarkWideModel(b *testing.B) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	began := time.Now()
	l := wide(b, 1000, 200)
	took := time.Since(began)
	l.tree = nil
	runtime.GC()
	runtime.ReadMemStats(&after)
	per := func(v float64) float64 { return v / 200_000 }
	memory, build := per(float64(after.HeapAlloc-before.HeapAlloc)), per(float64(took.Nanoseconds()))
	grow := l.paths.Segment(host(3), "more")
	questions := map[string]func(i int){
		"announced and unannounced": func(i int) {
			l.tree = map[string]Znode{}
			l.write(grow, []druid.DataSegment{segment("wiki", 500_000+i)}, 1003)
			l.delete(grow)
		},
		"page of segments": func(int) { l.model.live.AnnouncedAfter(nil, 100) },
		"segments of one":  func(int) { l.model.live.SegmentsOf(host(3), 100) },
		"servers":          func(int) { l.model.live.Servers() },
		"datasources":      func(int) { l.model.dataSources() },
	}
	for _, text := range []string{"served(*) == 100000 and replicas(wiki) == 200000", "segments(*) == 200000", "queued() == 0", "znodes(/**) > 1"} {
		condition, err := scenario.ParseCondition(text)
		if err != nil {
			b.Fatal(err)
		}
		questions[text] = func(int) {
			if holds, seen := condition.Eval(l.model.Look(1, time.Time{}, nil)); !holds {
				b.Fatal(seen)
			}
		}
	}
	for name, ask := range questions {
		b.Run(name, func(b *testing.B) {
			for i := range b.N {
				ask(i)
			}
			b.ReportMetric(memory, "B/announcement")
			b.ReportMetric(build, "ns/announcement")
		})
	}
}

// BenchmarkTellBatch puts into words that a server announces one segment after the other in one batch.
func BenchmarkTellBatch(b *testing.B) {
	l := newLand(b, 1)
	var changes []Change
	var batch []druid.DataSegment
	var before []byte
	for i := range 50 {
		batch = append(batch, segment("wiki", i))
		text, err := druid.Marshal(batch)
		if err != nil {
			b.Fatal(err)
		}
		after := druid.Gzip(text)
		changes = append(changes, Change{Op: OpSet, Path: l.paths.Segment(host(1), "batch"), Before: before, After: after})
		before = after
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		Tell(l.paths, changes[i%len(changes)])
	}
}
