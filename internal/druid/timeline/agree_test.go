package timeline_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"oakmoot/internal/druid"
	"oakmoot/internal/druid/timeline"
)

// drawShard is a partition of any kind, also of kinds that no set of Druid's would mix.
func drawShard(t *rapid.T) druid.ShardSpec {
	num, of := rapid.IntRange(0, 3).Draw(t, "partition"), rapid.IntRange(0, 3).Draw(t, "of")
	bound := func(label string) *string {
		if at := rapid.SampledFrom([]string{"", "a", "b", "c"}).Draw(t, label); at != "" {
			return &at
		}
		return nil
	}
	switch kind := rapid.SampledFrom([]string{"none", "none", "linear", "numbered", "hashed", "single", "foreign"}).Draw(t, "kind"); kind {
	case "none":
		return druid.NoneShardSpec()
	case "single":
		return druid.ShardSpec{Type: kind, Dimension: "d", PartitionNum: num, Start: bound("from"), End: bound("to")}
	default:
		return druid.ShardSpec{Type: kind, PartitionNum: num, Partitions: of}
	}
}

func drawSpan(t *rapid.T, label string) druid.Interval {
	start := rapid.IntRange(0, 12).Draw(t, label)
	return span(start, start+rapid.SampledFrom([]int{0, 1, 1, 2, 3, 6, 12}).Draw(t, label+" lasts"))
}

// TestAgreesWithThePlainTimeline: whatever was added and removed, both say the same of every interval.
func TestAgreesWithThePlainTimeline(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fast, plain := timeline.New[string](), newPlain[string]()
		for i := range rapid.IntRange(0, 25).Draw(t, "changes") {
			interval, shard := drawSpan(t, "start"), drawShard(t)
			version := rapid.SampledFrom([]string{"1", "2", "3"}).Draw(t, "version")
			if rapid.IntRange(0, 3).Draw(t, "remove") == 0 {
				fast.Remove(interval, version, shard)
				plain.Remove(interval, version, shard)
			} else {
				object := fmt.Sprint(i)
				fast.Add(interval, version, shard, object)
				plain.Add(interval, version, shard, object)
			}
		}
		for _, in := range []druid.Interval{druid.Eternity, drawSpan(t, "asked"), drawSpan(t, "asked too")} {
			same(t, "visible", fast.Lookup(in), plain.Lookup(in))
			same(t, "visible, also incomplete", fast.LookupIncomplete(in), plain.LookupIncomplete(in))
		}
		same(t, "overshadowed", fast.Overshadowed(), plain.Overshadowed())
		if got, want := fast.Len(), len(plain.entries); got != want {
			t.Errorf("got %d entries, want %d", got, want)
		}
		around(t, fast, plain, drawSpan(t, "around"))
		find(t, fast, plain, drawSpan(t, "found"))
	})
}

func same(t *rapid.T, what string, got, want []timeline.Holder[string]) {
	if seen(got) != seen(want) {
		t.Errorf("%s: got %s, want %s", what, seen(got), seen(want))
	}
}

// around checks that Around tells of all that overlaps an interval, and what Overshadowed says of it.
func around(t *rapid.T, fast *timeline.Timeline[string], plain *plain[string], in druid.Interval) {
	hidden := map[string]bool{}
	for _, h := range plain.Overshadowed() {
		hidden[seen([]timeline.Holder[string]{h})] = true
	}
	told := 0
	fast.Around(in, func(h timeline.Holder[string], overshadowed bool) {
		told++
		if one := seen([]timeline.Holder[string]{h}); overshadowed != hidden[one] {
			t.Errorf("%s: got overshadowed %t, want %t", one, overshadowed, hidden[one])
		}
	})
	want := 0
	for k := range plain.entries {
		if k.interval.Overlaps(in) || k.interval == in {
			want++
		}
	}
	if told != want {
		t.Errorf("around %v: told of %d, want %d", in, told, want)
	}
}

// find checks that Find finds what there is, and only that.
func find(t *rapid.T, fast *timeline.Timeline[string], plain *plain[string], in druid.Interval) {
	for _, version := range []string{"1", "2", "3"} {
		for partition := range 4 {
			want := map[string]bool{}
			for k, e := range plain.entries {
				if c, there := e.chunks[partition]; there && k.version == version && k.interval.Contains(in) {
					want[c.Object] = true
				}
			}
			got, found := fast.Find(in, version, partition)
			if found != (len(want) > 0) || found && !want[got] {
				t.Errorf("partition %d of version %s around %v: got %q, want one of %v", partition, version, in, got, want)
			}
		}
	}
}

// days are n segments, one a day, every tenth in two versions.
func days(n int) *timeline.Timeline[int] {
	t := timeline.New[int]()
	for i := range n {
		t.Add(span(24*i, 24*i+24), "1", druid.NoneShardSpec(), i)
		if i%10 == 0 {
			t.Add(span(24*i, 24*i+24), "2", druid.NoneShardSpec(), i)
		}
	}
	return t
}

func BenchmarkTimeline(b *testing.B) {
	for _, n := range []int{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprintf("add/%d", n), func(b *testing.B) {
			for b.Loop() {
				days(n)
			}
		})
		t := days(n)
		b.Run(fmt.Sprintf("overshadowed/%d", n), func(b *testing.B) {
			for b.Loop() {
				t.Overshadowed()
			}
		})
		b.Run(fmt.Sprintf("lookup/%d", n), func(b *testing.B) {
			for b.Loop() {
				t.Lookup(span(12*n, 12*n+48))
			}
		})
		b.Run(fmt.Sprintf("change/%d", n), func(b *testing.B) {
			for b.Loop() {
				t.Add(span(12*n, 12*n+24), "3", druid.NoneShardSpec(), 0)
				t.Around(span(12*n, 12*n+24), func(timeline.Holder[int], bool) {})
				t.Remove(span(12*n, 12*n+24), "3", druid.NoneShardSpec())
			}
		})
	}
}
