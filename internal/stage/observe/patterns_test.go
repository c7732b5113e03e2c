package observe

import (
	"fmt"
	"testing"

	"oakmoot/internal/stage/scenario"
)

func TestZnodesAreCountedAsTheyComeAndGo(t *testing.T) {
	l := newLand(t, 3)
	asked := []string{"/**", "/druid/**", "/druid/announcements/*", "/druid/segments/*/*", "/druid/loadQueue/*/*"}
	for i := range 400 {
		l.stroke()
		for _, pattern := range asked {
			walked := 0
			for path := range l.model.znodes {
				walked += oneIf(scenario.MatchPath(pattern, path))
			}
			if got := l.model.counts.count(pattern, l.model.znodes); got != walked {
				t.Fatalf("%s after %d strokes: got %d, want %d", pattern, i+1, got, walked)
			}
		}
	}
	for i := range 2 * patternsKept {
		l.model.counts.count(fmt.Sprint("/", i), l.model.znodes)
	}
	if len(l.model.counts.asked) != patternsKept {
		t.Errorf("%d patterns are kept, want %d", len(l.model.counts.asked), patternsKept)
	}
}
