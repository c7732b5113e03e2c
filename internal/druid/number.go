package druid

import (
	"math"
	"strconv"
	"strings"
)

// FormatDouble writes a number as Java does: Double.toString with 64 bits and
// Float.toString with 32, for example 1.0, 1.0E10, NaN and -Infinity.
func FormatDouble(f float64, bits int) string {
	abs := math.Abs(f)
	switch {
	case f != f:
		return "NaN"
	case abs > math.MaxFloat64:
		return strings.Repeat("-", int(math.Float64bits(f)>>63)) + "Infinity"
	case abs == 0 || abs >= 1e-3 && abs < 1e7:
		s := strconv.FormatFloat(f, 'f', -1, bits)
		if !strings.Contains(s, ".") {
			s += ".0"
		}
		return s
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'E', -1, bits), "E")
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	n, _ := strconv.Atoi(exponent) // digits that FormatFloat has just written
	return mantissa + "E" + strconv.Itoa(n)
}
