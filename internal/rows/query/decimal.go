package query

import (
	"cmp"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// decimal is a number as BigDecimal reads it: 0.DIGITS times ten to the power.
type decimal struct {
	sign   int // 0 for zero
	digits string
	power  int64
}

var decimalText = regexp.MustCompile(`^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,10}))?$`)

func parseDecimal(s string) (decimal, bool) {
	m := decimalText.FindStringSubmatch(strings.Map(plainDigit, s))
	if m == nil || m[2]+m[3] == "" {
		return decimal{}, false
	}
	exponent, _ := strconv.ParseInt(m[4], 10, 64) // digits or nothing, because the expression matched
	if exponent > math.MaxInt32 || exponent < -math.MaxInt32 {
		return decimal{}, false
	}
	digits := strings.TrimLeft(m[2]+m[3], "0")
	d := decimal{sign: 1, power: int64(len(digits)-len(m[3])) + exponent, digits: strings.TrimRight(digits, "0")}
	switch {
	case digits == "":
		return decimal{}, true
	case m[1] == "-":
		d.sign = -1
	}
	return d, true
}

// plainDigit returns the ASCII digit for a digit of any script.
func plainDigit(r rune) rune {
	if r <= unicode.MaxASCII || !unicode.IsDigit(r) {
		return r
	}
	value := rune(0)
	for unicode.IsDigit(r-value-1) && value < 9 {
		value++
	}
	return '0' + value
}

func (d decimal) compare(o decimal) int {
	if c := cmp.Compare(d.sign, o.sign); c != 0 || d.sign == 0 {
		return c
	}
	return d.sign * cmp.Or(cmp.Compare(d.power, o.power), strings.Compare(d.digits, o.digits))
}

// compareNumeric orders texts by the numbers that they spell; those that spell none
// come first, in text order: NumericComparator.
func compareNumeric(a, b string) int {
	x, okX := parseDecimal(a)
	y, okY := parseDecimal(b)
	switch {
	case !okX && !okY:
		return strings.Compare(a, b)
	case !okX:
		return -1
	case !okY:
		return 1
	}
	return x.compare(y)
}
