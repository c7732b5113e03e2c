package peon

import (
	"cmp"
	"slices"

	"oakmoot/internal/druid"
)

// compareIntervals is Comparators.intervalsByStartThenEnd.
func compareIntervals(a, b druid.Interval) int {
	return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End))
}

// compact joins each run of abutting intervals into its umbrella interval, which is
// what a task locks: Tasks.computeCompactIntervals. The intervals are sorted.
func compact(sorted []druid.Interval) []druid.Interval {
	var out []druid.Interval
	for _, i := range sorted {
		if n := len(out); n > 0 && out[n-1].End == i.Start {
			out[n-1].End = i.End
			continue
		}
		out = append(out, i)
	}
	return out
}

// sortIntervals sorts and drops duplicates.
func sortIntervals(intervals []druid.Interval) []druid.Interval {
	out := slices.Clone(intervals)
	slices.SortFunc(out, compareIntervals)
	return slices.Compact(out)
}

// bucketOf returns the one of the sorted, disjoint intervals that holds t:
// ArbitraryGranularitySpec.bucketInterval.
func bucketOf(sorted []druid.Interval, t druid.Timestamp) (druid.Interval, bool) {
	n, _ := slices.BinarySearchFunc(sorted, t, func(i druid.Interval, t druid.Timestamp) int {
		if i.Start <= t {
			return -1
		}
		return 1
	})
	if n == 0 || !sorted[n-1].Holds(t) {
		return druid.Interval{}, false
	}
	return sorted[n-1], true
}
