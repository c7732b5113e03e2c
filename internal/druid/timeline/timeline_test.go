package timeline_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"oakmoot/internal/druid"
	"oakmoot/internal/druid/timeline"
)

func span(start, end int) druid.Interval {
	return druid.Interval{Start: druid.Timestamp(start), End: druid.Timestamp(end)}
}

// seen formats what is visible: start-end:version[objects].
func seen(holders []timeline.Holder[string]) string {
	var parts []string
	for _, h := range holders {
		var objects []string
		for _, c := range h.Chunks {
			objects = append(objects, c.Object)
		}
		parts = append(parts, fmt.Sprintf("%d-%d:%s%v", h.Interval.Start, h.Interval.End, h.Version, objects))
	}
	return strings.Join(parts, " ")
}

func TestNewerVersionsHideOlderOnesWhereTheyOverlap(t *testing.T) {
	tl := timeline.New[string]()
	tl.Add(span(0, 10), "1", druid.NoneShardSpec(), "old")
	tl.Add(span(3, 5), "2", druid.NoneShardSpec(), "new")
	if got, want := seen(tl.Lookup(span(0, 8))), "0-3:1[old] 3-5:2[new] 5-8:1[old]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	tl.Add(span(0, 10), "3", druid.NoneShardSpec(), "newest")
	if got, want := seen(tl.Overshadowed()), "0-10:1[old] 3-5:2[new]"; got != want {
		t.Errorf("overshadowed: got %s, want %s", got, want)
	}
	tl.Remove(span(0, 10), "3", druid.NoneShardSpec())
	if got := seen(tl.Overshadowed()); got != "" {
		t.Errorf("overshadowed after the newest went: got %s, want nothing", got)
	}
}

func TestPartitionsCountOnceTheyAreComplete(t *testing.T) {
	text := func(s string) *string { return &s }
	single := func(n int, start, end *string) druid.ShardSpec {
		return druid.ShardSpec{Type: "single", Dimension: "d", PartitionNum: n, Start: start, End: end}
	}
	for name, tt := range map[string]struct {
		shards []druid.ShardSpec
		want   bool
	}{
		"none":                        {[]druid.ShardSpec{druid.NoneShardSpec()}, true},
		"linear without the first":    {[]druid.ShardSpec{druid.LinearShardSpec(3)}, true},
		"numbered, open-ended":        {[]druid.ShardSpec{druid.NumberedShardSpec(1, 0)}, true},
		"numbered, one missing":       {[]druid.ShardSpec{druid.NumberedShardSpec(0, 2)}, false},
		"numbered, all":               {[]druid.ShardSpec{druid.NumberedShardSpec(0, 2), druid.NumberedShardSpec(1, 2)}, true},
		"numbered, with appended":     {[]druid.ShardSpec{druid.NumberedShardSpec(0, 1), druid.NumberedShardSpec(7, 1)}, true},
		"hashed, one missing":         {[]druid.ShardSpec{druid.HashedShardSpec(1, 2, nil)}, false},
		"single, whole":               {[]druid.ShardSpec{single(0, nil, nil)}, true},
		"single, chain":               {[]druid.ShardSpec{single(1, text("m"), nil), single(0, nil, text("m"))}, true},
		"single, chain with a hole":   {[]druid.ShardSpec{single(0, nil, text("m")), single(1, text("n"), nil)}, false},
		"single, without a beginning": {[]druid.ShardSpec{single(1, text("m"), nil)}, false},
	} {
		tl := timeline.New[string]()
		for _, s := range tt.shards {
			tl.Add(span(0, 1), "v", s, "x")
		}
		if got := len(tl.Lookup(span(0, 1))) == 1; got != tt.want {
			t.Errorf("%s: visible %v, want %v", name, got, tt.want)
		}
		if got := len(tl.LookupIncomplete(span(0, 1))); got != 1 {
			t.Errorf("%s: LookupIncomplete found %d, want 1", name, got)
		}
	}
}

// segmentOf is a segment of the naive model.
type segmentOf struct {
	interval druid.Interval
	version  string
}

func TestVisibleIsTheNewestAtEachInstant(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tl := timeline.New[string]()
		present := map[segmentOf]bool{}
		for range rapid.IntRange(1, 12).Draw(t, "operations") {
			start := rapid.IntRange(0, 8).Draw(t, "start")
			s := segmentOf{span(start, start+rapid.IntRange(1, 6).Draw(t, "length")), rapid.SampledFrom([]string{"1", "2", "3", "4"}).Draw(t, "version")}
			if slices.ContainsFunc(segmentsOf(present), func(o segmentOf) bool { return o != s && o.version == s.version && o.interval.Overlaps(s.interval) }) {
				continue // Druid never has two segments of a version that overlap in part
			}
			if present[s] && rapid.Bool().Draw(t, "remove") {
				delete(present, s)
				tl.Remove(s.interval, s.version, druid.NoneShardSpec())
			} else {
				present[s] = true
				tl.Add(s.interval, s.version, druid.NoneShardSpec(), s.version)
			}
		}
		holders := tl.Lookup(span(0, 20))
		for at := druid.Timestamp(0); at < 20; at++ {
			want, got := "", ""
			for s := range present {
				if s.interval.Holds(at) && s.version > want {
					want = s.version
				}
			}
			for _, h := range holders {
				if h.Interval.Holds(at) {
					got += h.Version
				}
			}
			if got != want {
				t.Fatalf("at %d: got version %q, want %q of %v; visible %s", at, got, want, present, seen(holders))
			}
		}
	})
}

func segmentsOf(m map[segmentOf]bool) []segmentOf {
	var all []segmentOf
	for s := range m {
		all = append(all, s)
	}
	return all
}
