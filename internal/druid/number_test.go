package druid

import (
	"math"
	"testing"
)

func TestNumbersAreWrittenAsInJava(t *testing.T) {
	cases := []struct {
		f    float64
		bits int
		want string
	}{
		{0, 64, "0.0"}, {math.Copysign(0, -1), 64, "-0.0"}, {1, 64, "1.0"}, {-2.5, 64, "-2.5"},
		{0.001, 64, "0.001"}, {0.0001, 64, "1.0E-4"}, {1.5e-7, 64, "1.5E-7"},
		{9999999, 64, "9999999.0"}, {1e7, 64, "1.0E7"}, {12345678.9, 64, "1.23456789E7"}, {1e21, 64, "1.0E21"},
		{1. / 3, 64, "0.3333333333333333"}, {float64(float32(1) / 3), 32, "0.33333334"}, {float64(float32(1e10)), 32, "1.0E10"},
		{math.NaN(), 64, "NaN"}, {math.Inf(1), 64, "Infinity"}, {math.Inf(-1), 64, "-Infinity"},
		{math.MaxFloat64, 64, "1.7976931348623157E308"},
	}
	for _, c := range cases {
		if got := FormatDouble(c.f, c.bits); got != c.want {
			t.Errorf("FormatDouble(%g, %d): got %s, want %s", c.f, c.bits, got, c.want)
		}
	}
}
