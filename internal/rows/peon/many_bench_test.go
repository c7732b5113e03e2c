package peon

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// days are rows of so many days, one each.
func days(n int) string {
	var rows strings.Builder
	first := time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range n {
		fmt.Fprintf(&rows, "{\"ts\":%q,\"page\":\"a\",\"added\":1}\n", first.AddDate(0, 0, i).Format("2006-01-02T15:04:05Z"))
	}
	return rows.String()
}

func BenchmarkManySmallSegments(b *testing.B) {
	for _, n := range []int{1000, 4000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				o := &overlord{}
				runTaskOn(b, o, index(days(n), `,"intervals":["2020-01-01/2020-01-04"]`, ""), filepath.Join(b.TempDir(), "deep"))
				if len(o.published) != n {
					b.Fatalf("%d segments were published, want %d", len(o.published), n)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/segment")
		})
	}
}
