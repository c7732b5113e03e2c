package query

import (
	"cmp"
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf16"

	"oakmoot/internal/rows/segment"
)

// ordering says how strings are compared, by its name: StringComparator. Clients write
// the name; Druid's broker passes it on as an object with the name as its type.
type ordering string

// orderings are the StringComparators. The empty string is null, and sorts first.
var orderings = map[ordering]func(a, b string) int{
	"lexicographic": strings.Compare, // of UTF-8, which is the order of code points
	"alphanumeric":  nullFirst(compareAlphanumeric),
	"numeric":       nullFirst(compareNumeric),
	"strlen": func(a, b string) int {
		return cmp.Or(cmp.Compare(javaLength(a), javaLength(b)), segment.CompareStrings(a, b))
	},
	"version": nullFirst(compareVersions),
}

const classComparator = "org.apache.druid.query.ordering.StringComparator"

// UnmarshalJSON reads both forms; null is no ordering.
func (o *ordering) UnmarshalJSON(b []byte) error {
	var name string
	switch {
	case string(b) == "null":
		return nil
	case b[0] == '{':
		var spec struct{ Type string }
		if err := json.Unmarshal(b, &spec); err != nil {
			return err
		}
		if *o = ordering(spec.Type); orderings[*o] == nil {
			return bad("Can not instantiate abstract type [simple type, class %s] (need to add/enable type information?)", classComparator)
		}
		return nil
	case json.Unmarshal(b, &name) != nil:
		return bad("Can not deserialize instance of %s out of %.40s", classComparator, b)
	}
	if *o = ordering(strings.ToLower(name)); orderings[*o] == nil {
		return refused("ordering.StringComparator", "Unknown string comparator[%s]", name)
	}
	return nil
}

// compare returns the ordering's comparator; without an ordering it is the
// lexicographic one.
func (o ordering) compare() func(a, b string) int { return orderings[cmp.Or(o, "lexicographic")] }

func nullFirst(compare func(a, b string) int) func(a, b string) int {
	return func(a, b string) int {
		if a == "" || b == "" {
			return cmp.Compare(len(a), len(b))
		}
		return compare(a, b)
	}
}

// javaLength is String.length.
func javaLength(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// compareAlphanumeric compares runs of digits as numbers, which sort before everything
// else, and other runs ignoring case: AlphanumericComparator.
func compareAlphanumeric(a, b string) int {
	x, y := utf16.Encode([]rune(a)), utf16.Encode([]rune(b))
	i, j := 0, 0
	for i < len(x) && j < len(y) {
		var n, m, c int
		switch digitX, digitY := digitOf(x[i]) >= 0, digitOf(y[j]) >= 0; {
		case digitX && digitY:
			n, m, c = compareDigits(x[i:], y[j:])
		case digitX:
			return -1
		case digitY:
			return 1
		default:
			n, m = untilDigit(x[i:]), untilDigit(y[j:])
			c = compareFolded(x[i:i+n], y[j:j+m])
		}
		if c != 0 {
			return c
		}
		i, j = i+n, j+m
	}
	return cmp.Compare(len(x), len(y))
}

// digitOf returns the value of a digit of a script that Druid knows, or -1.
func digitOf(unit uint16) int {
	for _, zero := range []uint16{'0', 0x0660, 0x06F0, 0x0966, 0xFF10} {
		if unit >= zero && unit <= zero+9 {
			return int(unit - zero)
		}
	}
	return -1
}

// compareDigits compares the numbers at the start of both, and equal ones by their
// leading zeros; n and m are their lengths.
func compareDigits(x, y []uint16) (n, m, c int) {
	zeros := func(s []uint16) (n int) {
		for n < len(s) && digitOf(s[n]) == 0 {
			n++
		}
		return n
	}
	length := func(s []uint16) (n int) {
		for n < len(s) && digitOf(s[n]) >= 0 {
			n++
		}
		return n
	}
	n, m = length(x), length(y)
	zerosX, zerosY := zeros(x), zeros(y)
	c = cmp.Compare(significant(x, n, zerosX), significant(y, m, zerosY))
	for k := zerosX; c == 0 && k < n; k++ {
		c = cmp.Compare(digitOf(x[k]), digitOf(y[zerosY+k-zerosX]))
	}
	return n, m, cmp.Or(c, cmp.Compare(zerosX, zerosY))
}

// significant counts a number's digits without leading zeros. Zeros at the end of the
// text count as slightly more than zeros before something else: Druid looks at the last
// one again.
func significant(s []uint16, n, zeros int) int {
	if n == zeros && n == len(s) {
		return 1
	}
	return 2 * (n - zeros)
}

func untilDigit(s []uint16) int {
	n := 1
	for n < len(s) && digitOf(s[n]) < 0 {
		n++
	}
	return n
}

// compareFolded is String.CASE_INSENSITIVE_ORDER.
func compareFolded(x, y []uint16) int {
	a, b := utf16.Decode(x), utf16.Decode(y)
	for k := range min(len(a), len(b)) {
		if c := cmp.Compare(unicode.ToLower(unicode.ToUpper(a[k])), unicode.ToLower(unicode.ToUpper(b[k]))); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(a), len(b))
}
