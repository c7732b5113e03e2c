package druid_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"oakmoot/internal/druid"
)

// batchOfDays is a batch of segments of some days, packed as it lies in its znode.
func batchOfDays(t testing.TB, days ...int) []byte {
	t.Helper()
	var batch []druid.DataSegment
	for _, day := range days {
		batch = append(batch, daySegment(day))
	}
	data, err := druid.Marshal(batch)
	if err != nil {
		t.Fatal(err)
	}
	return druid.Gzip(data)
}

func TestBatchIsReadOnceForAll(t *testing.T) {
	content := batchOfDays(t, 1, 2, 3)
	first, err := druid.ReadBatch(content)
	if err != nil || first.Len() != 3 {
		t.Fatalf("got %d segments, %v", first.Len(), err)
	}
	again, err := druid.ReadBatch(slices.Clone(content))
	if err != nil || again != first {
		t.Errorf("the same content was read again, %v", err)
	}
	plain, err := druid.ReadBatch(druid.Gunzip(content))
	if err != nil || !slices.Equal(plain.Segments, first.Segments) {
		t.Errorf("unpacked: got %v, %v; want %v", plain, err, first)
	}
	for range 2 {
		if got, err := druid.ReadBatch([]byte("[1]")); err == nil {
			t.Errorf("a batch that is none: got %v", got)
		}
	}
}

func TestBatchesThatAreNotAskedForAreForgotten(t *testing.T) {
	first, err := druid.ReadBatch(batchOfDays(t, 1))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 1100 {
		if _, err := druid.ReadBatch(fmt.Appendf(nil, "%*s[]", i, "")); err != nil {
			t.Fatal(err)
		}
	}
	again, err := druid.ReadBatch(batchOfDays(t, 1))
	if err != nil || again == first {
		t.Errorf("a batch is kept for ever, %v", err)
	}
}

func TestBatchesAreCompared(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	random := func() (batch []*druid.DataSegment) {
		for day := range 12 {
			if rng.IntN(2) == 0 {
				segment := daySegment(day)
				segment.Size += int64(rng.IntN(2))
				batch = append(batch, &segment)
			}
		}
		if rng.IntN(2) == 0 { // Druid does not write such ones
			rng.Shuffle(len(batch), func(i, j int) { batch[i], batch[j] = batch[j], batch[i] })
		}
		return batch
	}
	for range 500 {
		before, after := random(), random()
		changes := druid.NewBatch(after...).Since(druid.NewBatch(before...))
		is := map[druid.SegmentID]*druid.DataSegment{}
		for _, segment := range before {
			is[segment.ID()] = segment
		}
		for _, c := range changes {
			if c.Before != nil {
				if is[c.Before.ID()] != c.Before {
					t.Fatalf("%v goes, and was not there", c.Before.ID())
				}
				delete(is, c.Before.ID())
			}
			if c.After != nil {
				is[c.After.ID()] = c.After
			}
		}
		for _, segment := range after {
			if is[segment.ID()] != segment {
				t.Fatalf("%v has not come", segment.ID())
			}
		}
		if len(is) != len(after) {
			t.Fatalf("got %d segments, want %d", len(is), len(after))
		}
		if changes := druid.NewBatch(after...).Since(druid.NewBatch(slices.Clone(after)...)); len(changes) > 0 {
			t.Fatalf("a batch differs from itself in %v", changes)
		}
	}
}

func TestOfSegmentsWithTheSameIDABatchHasTheFirst(t *testing.T) {
	one, two, again := daySegment(1), daySegment(2), daySegment(1)
	again.Size++
	batch := druid.NewBatch(&two, &one, &again)
	if got, want := batch.Each(), []*druid.DataSegment{&one, &two}; !slices.Equal(got, want) || batch.Len() != 3 {
		t.Errorf("got %v, %d written; want %v, 3 written", got, batch.Len(), want)
	}
	var none *druid.Batch
	if none.Len() != 0 || len(none.Since(batch)) != 2 || len(batch.Since(none)) != 2 {
		t.Error("a nil batch is not none")
	}
}

func TestRequestIsReadOnceForAll(t *testing.T) {
	content, err := druid.Marshal(druid.ChangeRequest{Action: druid.ActionLoad, Segment: daySegment(1)})
	if err != nil {
		t.Fatal(err)
	}
	first, err := druid.ReadRequest(content)
	if err != nil || first.Segment.ID() != daySegment(1).ID() {
		t.Fatalf("got %v, %v", first, err)
	}
	if again, err := druid.ReadRequest(slices.Clone(content)); err != nil || again != first {
		t.Errorf("the same content was read again, %v", err)
	}
	for range 2 {
		if got, err := druid.ReadRequest([]byte("{}")); err == nil {
			t.Errorf("a request that is none: got %v", got)
		}
	}
}

func BenchmarkReadBatch(b *testing.B) {
	days := make([]int, 50)
	for i := range days {
		days[i] = i
	}
	content := batchOfDays(b, days...)
	b.ReportMetric(float64(len(content)), "bytes")
	b.Run("first", func(b *testing.B) {
		for b.Loop() {
			if _, err := druid.ParseSegments(druid.Gunzip(content)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("again", func(b *testing.B) {
		for b.Loop() {
			if _, err := druid.ReadBatch(content); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkGzipBatch(b *testing.B) {
	days := make([]int, 50)
	for i := range days {
		days[i] = i
	}
	text := druid.Gunzip(batchOfDays(b, days...))
	for b.Loop() {
		druid.Gzip(text)
	}
	b.ReportMetric(float64(len(text)), "bytes")
	b.ReportMetric(float64(len(druid.Gzip(text))), "packed")
}
