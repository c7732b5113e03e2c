package druid_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"oakmoot/internal/druid"
)

func TestSegmentsThatAreWrittenAlikeAreShared(t *testing.T) {
	batch := []druid.DataSegment{daySegment(1), daySegment(2)}
	data, err := druid.Marshal(batch)
	if err != nil {
		t.Fatal(err)
	}
	first, err := druid.ParseSegments(data)
	if err != nil {
		t.Fatal(err)
	}
	again, err := druid.ParseSegments([]byte(" [ " + strings.TrimPrefix(string(data), "[")))
	if err != nil {
		t.Fatal(err)
	}
	var want []*druid.DataSegment
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(first, want) {
		t.Errorf("got %v, want %v", first, want)
	}
	if len(again) != 2 || again[0] != first[0] || again[1] != first[1] || first[0] == first[1] {
		t.Errorf("got %p of %p, want the same objects", again, first)
	}
}

func TestSegmentsThatCannotBeRead(t *testing.T) {
	for _, text := range []string{"", "{}", "[", "[1]", `[{"dataSource":"w"}]`, "[] []"} {
		var want []*druid.DataSegment
		wanted := json.Unmarshal([]byte(text), &want)
		if got, err := druid.ParseSegments([]byte(text)); err == nil || wanted == nil {
			t.Errorf("%q: got %v, %v; in the general way %v", text, got, err, wanted)
		}
	}
	for _, text := range []string{"[]", " [ ] ", "null"} {
		if got, err := druid.ParseSegments([]byte(text)); err != nil || len(got) != 0 {
			t.Errorf("%q: got %v, %v", text, got, err)
		}
	}
}

func BenchmarkParseBatch(b *testing.B) {
	var batch []druid.DataSegment
	for day := range 50 {
		batch = append(batch, daySegment(day))
	}
	data, err := druid.Marshal(batch)
	if err != nil {
		b.Fatal(err)
	}
	keep, err := druid.ParseSegments(data)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if keep, err = druid.ParseSegments(data); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(50*b.N), "ns/segment")
	_ = keep
}
