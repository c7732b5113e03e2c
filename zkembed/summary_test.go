package zkembed

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSummariesCountAndHaveQuantiles(t *testing.T) {
	s := summary{percentiles: true}
	if diff := cmp.Diff(&Summary{Quantiles: map[float64]int64{0.5: 0, 0.9: 0, 0.95: 0, 0.99: 0, 0.999: 0}}, s.copied()); diff != "" {
		t.Errorf("of nothing (-want +got)\n%s", diff)
	}
	for v := range int64(100) {
		s.add(v+1, 2)
	}
	s.add(7, 0)
	want := &Summary{Count: 200, Sum: 10100, Min: 1, Max: 100, Average: 50.5, Quantiles: map[float64]int64{0.5: 51, 0.9: 91, 0.95: 96, 0.99: 100, 0.999: 100}}
	if diff := cmp.Diff(want, s.copied()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	s.add(5, 3*latestKept)
	if got := s.copied(); got.Quantiles[0.999] != 5 || got.Max != 100 || len(s.latest) != latestKept {
		t.Errorf("got %+v of %d values, want quantiles of the latest %d only", got, len(s.latest), latestKept)
	}
}
