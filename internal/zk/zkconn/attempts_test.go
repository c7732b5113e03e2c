package zkconn

import (
	"testing"
	"time"
)

func TestPausesGrowAndAreSpread(t *testing.T) {
	ms := time.Millisecond
	for _, test := range []struct {
		n           int
		least, most time.Duration
	}{
		{1, 0, 0}, {2, 0, 0}, {3, 50 * ms, 100 * ms}, {4, 100 * ms, 200 * ms}, {6, 400 * ms, 800 * ms}, {7, 500 * ms, 1000 * ms}, {1 << 40, 500 * ms, 1000 * ms},
	} {
		least, most := pauseBefore(test.n, func() float64 { return 0 }), pauseBefore(test.n, func() float64 { return 1 })
		if least != test.least || most != test.most {
			t.Errorf("attempt %d: got %v to %v, want %v to %v", test.n, least, most, test.least, test.most)
		}
	}
}
