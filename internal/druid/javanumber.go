package druid

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode"
)

// ParseLong is Long.ParseLong.
func ParseLong(s string) (int64, error) {
	n, err := strconv.ParseInt(asciiDigits(s), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("For input string: %q", s)
	}
	return n, nil
}

// TryLong is Longs.tryParse of Guava, which does not accept a plus sign.
func TryLong(s string) (int64, bool) {
	if s == "" || s[0] == '+' {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

// asciiDigits replaces the decimal digits of other scripts by ASCII's, as Java does.
func asciiDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x80 {
			return r
		}
		for _, in := range unicode.Nd.R16 {
			if rune(in.Lo) <= r && r <= rune(in.Hi) {
				return '0' + (r-rune(in.Lo))%10
			}
		}
		return r
	}, s)
}

// TrimJava is String.trim: it strips everything up to and including the blank.
func TrimJava(s string) string {
	return strings.TrimFunc(s, func(r rune) bool { return r <= ' ' })
}

// ParseDouble is Double.parseDouble, which ignores surrounding whitespace.
func ParseDouble(s string) (float64, bool) { return TryFloat(TrimJava(s), 64) }

// TryFloat reads anything that Java takes for a double, or with 32 bits for a float:
// with or without a suffix, in hexadecimal, and NaN and Infinity: Doubles.tryParse and
// Floats.tryParse of Guava.
func TryFloat(s string, bits int) (float64, bool) {
	switch strings.TrimPrefix(strings.TrimPrefix(s, "+"), "-") {
	case "NaN":
		return math.NaN(), s[0] == 'N' || len(s) == 4
	case "Infinity":
		return math.Inf(1 - 2*strings.Count(s, "-")), len(s) <= len("-Infinity")
	}
	alphabet := "0123456789.+-eE"
	if strings.ContainsAny(s, "xX") {
		if !strings.ContainsAny(s, "pP") {
			return 0, false
		}
		alphabet = "0123456789.+-xXpPabcdefABCDEF"
	}
	if n := len(s) - 1; n > 0 && strings.IndexByte("fFdD", s[n]) >= 0 {
		s = s[:n]
	}
	if strings.Trim(s, alphabet) != "" {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, bits)
	return f, err == nil || math.IsInf(f, 0)
}

// ExactLong reads a decimal that is a whole number in the range of a long:
// DimensionHandlerUtils.getExactLongFromDecimalString.
func ExactLong(s string) (int64, bool) {
	if n, ok := TryLong(strings.TrimPrefix(s, "+")); ok {
		return n, true
	}
	s = asciiDigits(s)
	if strings.Trim(s, "0123456789.+-eE") != "" {
		return 0, false
	}
	mantissa, exponent, scientific := strings.Cut(strings.ToLower(s), "e")
	shift := int64(0)
	if scientific {
		var err error
		if shift, err = strconv.ParseInt(exponent, 10, 32); err != nil {
			return 0, false
		}
	}
	whole, decimals, _ := strings.Cut(mantissa, ".")
	digits, negative := strings.TrimLeft(whole, "+-"), strings.HasPrefix(whole, "-")
	if len(whole)-len(digits) > 1 || digits+decimals == "" || strings.Trim(digits+decimals, "0123456789") != "" {
		return 0, false
	}
	return scaled(digits+decimals, shift-int64(len(decimals)), negative)
}

// scaled returns the number with the given digits times a power of ten.
func scaled(digits string, shift int64, negative bool) (int64, bool) {
	significant := strings.TrimLeft(digits, "0")
	if significant == "" {
		return 0, true
	}
	trimmed := strings.TrimRight(significant, "0")
	shift += int64(len(significant) - len(trimmed))
	if shift < 0 || int64(len(trimmed))+shift > 19 {
		return 0, false
	}
	n, ok := new(big.Int).SetString(trimmed+strings.Repeat("0", int(shift)), 10)
	if !ok {
		return 0, false
	}
	if negative {
		n.Neg(n)
	}
	return n.Int64(), n.IsInt64()
}
