package broker

import (
	"encoding/json"
	"fmt"
	"runtime"
	"testing"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/query"
	"oakmoot/internal/zk/inventory"
)

// announceHours tells a view of so many segments, hour after hour, as 100 servers announce them.
func announceHours(b *testing.B, v *view, segments int) {
	b.Helper()
	version := 9
	for i := range segments {
		start := druid.At(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)) + druid.Timestamp(i/4*3_600_000)
		data, err := druid.Marshal([]druid.DataSegment{{
			DataSource: "wikipedia", Interval: druid.Interval{Start: start, End: start + 3_600_000}, Version: "2019-03-01T12:00:00.000Z",
			LoadSpec:   json.RawMessage(fmt.Sprintf(`{"type":"local","path":"/druid/segments/wikipedia/2019-03-01T12:00:00.000Z/%d/index.zip"}`, i)),
			Dimensions: []string{"channel", "page", "user", "namespace", "language", "robot"}, Metrics: []string{"count", "added", "deleted"},
			ShardSpec: druid.NumberedShardSpec(i%4, 4), BinaryVersion: &version, Size: 500 << 20,
		}})
		if err != nil {
			b.Fatal(err)
		}
		parsed, err := druid.ParseSegments(data)
		if err != nil {
			b.Fatal(err)
		}
		name := fmt.Sprintf("historical-%d:8083", i%100)
		v.apply(inventory.Event{Type: inventory.SegmentAdded, Segment: parsed[0], Server: druid.ServerMetadata{Name: name, Host: name, Type: druid.TypeHistorical, Tier: "_default_tier"}})
	}
}

// BenchmarkServersOfOneDay finds the servers of a query over one day, that is of 96 segments.
func BenchmarkServersOfOneDay(b *testing.B) {
	for _, segments := range []int{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(segments), func(b *testing.B) {
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			v, began := newView(), time.Now()
			announceHours(b, v, segments)
			took := time.Since(began)
			runtime.GC()
			runtime.ReadMemStats(&after)
			start := druid.At(time.Date(2000, 2, 1, 0, 0, 0, 0, time.UTC))
			q := &query.Query{Intervals: []druid.Interval{{Start: start, End: start + 24*3_600_000}}}
			b.ResetTimer()
			for b.Loop() {
				if found := v.pieces([]string{"wikipedia"}, q); len(found) != 96 {
					b.Fatalf("%d segments, want 96", len(found))
				}
			}
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(segments), "B/segment")
			b.ReportMetric(float64(took.Nanoseconds())/float64(segments), "ns/announcement")
			runtime.KeepAlive(v)
		})
	}
}
