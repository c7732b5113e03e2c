package overlord

import (
	"fmt"
	"strings"
	"testing"
)

func allocate(sequence, previous string, change ...string) string {
	ask := fmt.Sprintf(`{"type":"segmentAllocate","dataSource":"wiki","timestamp":"2019-01-01T10:20:00.000Z","queryGranularity":"NONE","preferredSegmentGranularity":"DAY","sequenceName":%q,"previousSegmentId":%s,"skipSegmentLineageCheck":false}`, sequence, previous)
	return strings.NewReplacer(change...).Replace(ask)
}

func TestAllocation(t *testing.T) {
	inTerm(t, func(t *testing.T, w *world, in *incarnation) {
		a, b := wiki("a"), wiki("b")
		w.submit(in, a)
		w.submit(in, b)
		first := w.act(in, a, allocate("s1", "null"))
		if want := `{"dataSource":"wiki","interval":"2019-01-01T00:00:00.000Z/2019-01-02T00:00:00.000Z","version":"`; !strings.HasPrefix(first, want) || !strings.HasSuffix(first, `"shardSpec":{"type":"numbered","partitionNum":0,"partitions":0}}`) {
			t.Fatalf("first: got %s", first)
		}
		if got := w.act(in, a, allocate("s1", "null")); got != first {
			t.Errorf("the same again: got %s, want %s", got, first)
		}
		second := w.act(in, a, allocate("s1", `"`+firstDay+`"`))
		if want := strings.Replace(first, `"partitionNum":0`, `"partitionNum":1`, 1); second != want {
			t.Errorf("after the first: got %s, want %s", second, want)
		}
		third := w.act(in, a, allocate("s2", "null"))
		if want := strings.Replace(first, `"partitionNum":0`, `"partitionNum":2`, 1); third != want {
			t.Errorf("another sequence: got %s, want %s", third, want)
		}
		if got := w.act(in, b, allocate("s3", "null")); got != "null" {
			t.Errorf("another task, while the day is locked: got %s, want null", got)
		}
		if got := w.act(in, b, allocate("s3", "null", "2019-01-01", "2019-01-02")); !strings.Contains(got, "2019-01-02T00:00:00.000Z/2019-01-03T00:00:00.000Z") {
			t.Errorf("another task, another day: got %s", got)
		}
		if got := w.act(in, b, allocate("s4", "null", "DAY", "MONTH", "2019-01-01T10", "2019-01-08T10")); !strings.Contains(got, "2019-01-07T00:00:00.000Z/2019-01-14T00:00:00.000Z") {
			t.Errorf("where the month cannot be locked: got %s, want the week", got)
		}
	})
}

func TestAllocationUsesTheIntervalOfExistingSegments(t *testing.T) {
	inTerm(t, func(t *testing.T, w *world, in *incarnation) {
		a := wiki("a")
		w.submit(in, a)
		w.act(in, a, `{"type":"lockTryAcquire","interval":"2019-01-01/2019-01-02"}`)
		w.act(in, a, `{"type":"segmentInsertion","segments":[`+day(1, 0, "1")+`]}`)
		got := w.act(in, a, allocate("s", "null", `"DAY"`, `"HOUR"`))
		if want := `{"dataSource":"wiki","interval":"2019-01-01T00:00:00.000Z/2019-01-02T00:00:00.000Z","version":"1","shardSpec":{"type":"numbered","partitionNum":1,"partitions":0}}`; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if got := w.act(in, a, allocate("t", "null", `"NONE"`, `"MONTH"`)); got != "null" {
			t.Errorf("a row wider than the segment: got %s, want null", got)
		}
		w.submit(in, wiki("b", `"priority":1`))
		w.act(in, wiki("b", `"priority":1`), lockDay)
		if got := w.act(in, a, allocate("u", "null")); got != "500 The lock for interval[2019-01-01T00:00:00.000Z/2019-01-02T00:00:00.000Z] is preempted and no longer valid" {
			t.Errorf("with a revoked lock: got %s", got)
		}
	})
}
