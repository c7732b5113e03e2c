package druid_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"oakmoot/internal/druid"
)

// daySegment is a segment of one day as a historical announces it.
func daySegment(day int) druid.DataSegment {
	start := druid.At(time.Date(1970, 1, 1+day, 0, 0, 0, 0, time.UTC))
	version := 9
	return druid.DataSegment{
		DataSource: "wikipedia", Interval: druid.Interval{Start: start, End: start + 86_400_000}, Version: "2019-03-01T12:00:00.000Z",
		LoadSpec:   json.RawMessage(fmt.Sprintf(`{"type":"local","path":"/druid/segments/wikipedia/%d/0/index.zip"}`, day)),
		Dimensions: []string{"channel", "page", "user", "namespace", "language", "robot"}, Metrics: []string{"count", "added", "deleted"},
		ShardSpec: druid.NumberedShardSpec(0, 1), BinaryVersion: &version, Size: int64(10_000 + day),
	}
}

func BenchmarkDecodeSegment(b *testing.B) {
	data, err := druid.Marshal(daySegment(1))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		var s druid.DataSegment
		if err := json.Unmarshal(data, &s); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncodeSegment(b *testing.B) {
	s := daySegment(1)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := druid.Marshal(s); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSegmentIDString(b *testing.B) {
	id := daySegment(1).ID()
	b.ReportAllocs()
	for b.Loop() {
		_ = id.String()
	}
}
