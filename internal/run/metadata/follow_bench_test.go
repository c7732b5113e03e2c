package metadata

import (
	"fmt"
	"runtime"
	"slices"
	"testing"

	"oakmoot/internal/druid"
)

// BenchmarkFollow looks for changes among many rows: at the first time, when nothing has changed, after a segment has
// been published, and after another process has written. It also says what a follower keeps of a row.
func BenchmarkFollow(b *testing.B) {
	for _, rows := range []int{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(rows), func(b *testing.B) { benchmarkFollow(b, rows) })
	}
}

// hourly is the segment of an hour.
func hourly(i int) druid.DataSegment {
	return day(1, func(d *druid.DataSegment) {
		d.Interval.Start += druid.Timestamp(i) * 3_600_000
		d.Interval.End = d.Interval.Start + 3_600_000
	})
}

// storeOf is a store with as many hours, published 5,000 at once.
func storeOf(b *testing.B, rows int) *Store {
	b.Helper()
	s, err := Open(b.Context(), b.TempDir()+"/metadata.db")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	all := make([]druid.DataSegment, rows)
	for i := range all {
		all[i] = hourly(i)
	}
	for some := range slices.Chunk(all, 5000) {
		if _, err := s.Insert(b.Context(), some); err != nil {
			b.Fatal(err)
		}
	}
	return s
}

func benchmarkFollow(b *testing.B, rows int) {
	s, next := storeOf(b, rows), rows
	look := func(f *Follower, before func()) func(b *testing.B) {
		return func(b *testing.B) {
			for b.Loop() {
				before()
				if _, err := f.Changes(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
	b.Run("first", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.Follow().Changes(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("whole", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.Used(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
	before := heap()
	follower := s.Follow()
	if _, err := follower.Changes(b.Context()); err != nil {
		b.Fatal(err)
	}
	kept := (heap() - before) / float64(rows)
	b.Run("same", func(b *testing.B) {
		look(follower, func() {})(b)
		b.ReportMetric(kept, "heap-B/row")
	})
	b.Run("published", look(follower, func() {
		next++
		if _, err := s.Insert(b.Context(), []druid.DataSegment{hourly(next)}); err != nil {
			b.Fatal(err)
		}
	}))
	b.Run("foreign", look(follower, func() { follower.version = -1 }))
}

func heap() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}
