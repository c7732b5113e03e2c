package zkembed

import (
	"maps"
	"slices"
)

// summary counts values of a kind: AvgMinMaxCounter, and with percentiles
// AvgMinMaxPercentileCounter. Its zero value is ready.
type summary struct {
	count, sum  int64
	least, most int64
	percentiles bool
	latest      []int64 // a ring of what percentiles are computed from
	next        int
}

// latestKept is how many values percentiles are computed from.
const latestKept = 4096

// add counts a value n times.
func (s *summary) add(value int64, n int) {
	if n <= 0 {
		return
	}
	if s.count == 0 || value < s.least {
		s.least = value
	}
	s.most = max(s.most, value)
	s.count += int64(n)
	s.sum += value * int64(n)
	if s.percentiles {
		for range min(n, latestKept) {
			s.keep(value)
		}
	}
}

func (s *summary) keep(value int64) {
	if len(s.latest) < latestKept {
		s.latest = append(s.latest, value)
		return
	}
	s.latest[s.next] = value
	s.next = (s.next + 1) % latestKept
}

func (s *summary) average() float64 {
	if s.count == 0 {
		return 0
	}
	return float64(s.sum) / float64(s.count)
}

// copied is a copy for a caller.
func (s *summary) copied() *Summary {
	out := &Summary{Count: s.count, Sum: s.sum, Min: s.least, Max: s.most, Average: s.average()}
	if !s.percentiles {
		return out
	}
	sorted := slices.Sorted(slices.Values(s.latest))
	out.Quantiles = map[float64]int64{}
	for _, q := range quantiles {
		out.Quantiles[q] = 0
		if len(sorted) > 0 {
			out.Quantiles[q] = sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
		}
	}
	return out
}

// quantiles are those of AvgMinMaxPercentileCounter, and 0.9, which the Prometheus
// provider shows.
var quantiles = []float64{0.5, 0.9, 0.95, 0.99, 0.999}

// Summary is a metric of many values.
type Summary struct {
	Count, Sum, Min, Max int64
	Average              float64
	Quantiles            map[float64]int64 // of the latest few thousand values; nil without
}

// quantileNames are what mntr calls them.
var quantileNames = map[float64]string{0.5: "p50_", 0.95: "p95_", 0.99: "p99_", 0.999: "p999_"}

// lines are the summary as mntr shows it.
func (s *Summary) lines(name string) []gauge {
	list := []gauge{
		{"avg_" + name, decimal(s.Average)}, {"min_" + name, s.Min}, {"max_" + name, s.Max}, {"cnt_" + name, s.Count}, {"sum_" + name, s.Sum},
	}
	for _, q := range slices.Sorted(maps.Keys(s.Quantiles)) {
		if prefix := quantileNames[q]; prefix != "" {
			list = append(list, gauge{prefix + name, s.Quantiles[q]})
		}
	}
	return list
}
