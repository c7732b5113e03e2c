package druid

import (
	"math"
	"strconv"
	"strings"
)

// FormatDouble formats a number as Java does: as Double.toString with 64 bits and as
// Float.toString with 32, for example 1.0, 1.0E10, NaN and -Infinity. With 32 bits f
// must be a float.
func FormatDouble(f float64, bits int) string {
	abs := math.Abs(f)
	switch {
	case f != f:
		return "NaN"
	case abs > math.MaxFloat64:
		return strings.Repeat("-", int(math.Float64bits(f)>>63)) + "Infinity"
	case abs == 0:
		return strings.Repeat("-", int(math.Float64bits(f)>>63)) + "0.0"
	}
	sign := strings.Repeat("-", int(math.Float64bits(f)>>63))
	digits, point := javaDigits(abs, bits)
	switch {
	case point > 0 && point < 8:
		whole := digits + strings.Repeat("0", max(point-len(digits), 0))
		return sign + whole[:point] + "." + orZero(whole[point:])
	case point <= 0 && point > -3:
		return sign + "0." + strings.Repeat("0", -point) + digits
	}
	return sign + digits[:1] + "." + orZero(digits[1:]) + "E" + strconv.Itoa(point-1)
}

func orZero(digits string) string {
	if digits == "" {
		return "0"
	}
	return digits
}

// ToLong is Java's cast of a double to a long: NaN becomes zero, and numbers out of
// range become the nearest long.
func ToLong(f float64) int64 {
	switch {
	case f != f:
		return 0
	case f >= math.MaxInt64:
		return math.MaxInt64
	case f <= math.MinInt64:
		return math.MinInt64
	}
	return int64(f)
}
