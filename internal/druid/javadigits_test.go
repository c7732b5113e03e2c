package druid

import (
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
)

// Each line is a size, the bits of a number, and what Double.toString or Float.toString
// of Java 17 makes of it; Java 8 gives the same.
func TestNumbersAreWrittenAsJavaWritesThem(t *testing.T) {
	data, err := os.ReadFile("testdata/doubles.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		c := strings.Split(strings.TrimSpace(line), "\t")
		raw, err := strconv.ParseUint(c[1], 16, 64)
		if err != nil {
			t.Fatal(err)
		}
		f, size := math.Float64frombits(raw), 64
		if c[0] == "32" {
			f, size = float64(math.Float32frombits(uint32(raw))), 32
		}
		if got := FormatDouble(f, size); got != c[2] {
			t.Errorf("%s bits %s: got %s, want %s", c[0], c[1], got, c[2])
		}
		if got := FormatDouble(-f, size); strings.TrimPrefix(got, "-") != strings.TrimPrefix(c[2], "-") {
			t.Errorf("%s bits -%s: got %s, want -%s", c[0], c[1], got, c[2])
		}
	}
}

func BenchmarkFormatDouble(b *testing.B) {
	for b.Loop() {
		FormatDouble(123.456, 64)
	}
}
