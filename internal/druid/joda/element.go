package joda

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// element reads part of a text: DateTimeParser. It returns the position after what it
// has read, or ^position of where it failed.
type element func(b *bucket, text string, at int) int

// all reads its elements in sequence: Composite.
func all(elements ...element) element {
	return func(b *bucket, text string, at int) int {
		for _, e := range elements {
			if at = e(b, text, at); at < 0 {
				return at
			}
		}
		return at
	}
}

// oneOf takes the alternative that reads most: MatchingParser. A nil at the end makes
// it optional.
func oneOf(alternatives ...element) element {
	return func(b *bucket, text string, at int) int {
		original, best := *b, *b
		bestAt, farthest, optional := at, at, false
		for i, e := range alternatives {
			if e == nil {
				if bestAt <= at {
					return at
				}
				optional = true
				break
			}
			end := e(b, text, at)
			if end > bestAt {
				if end >= len(text) || i+1 >= len(alternatives) || alternatives[i+1] == nil {
					return end
				}
				bestAt, best = end, *b
			}
			if end < 0 {
				farthest = max(farthest, ^end)
			}
			*b = original
		}
		if bestAt > at || optional {
			*b = best
			return bestAt
		}
		return ^farthest
	}
}

func optional(e element) element { return oneOf(e, nil) }

// literal reads a fixed text, ignoring case.
func literal(want string) element {
	return func(_ *bucket, text string, at int) int {
		end := at
		for _, w := range want {
			r, n := utf8.DecodeRuneInString(text[end:])
			if n == 0 || r != w && unicode.ToUpper(r) != unicode.ToUpper(w) && unicode.ToLower(r) != unicode.ToLower(w) {
				return ^at
			}
			end += n
		}
		return end
	}
}

func digit(text string, at int) bool { return at < len(text) && text[at] >= '0' && text[at] <= '9' }

// integer is Integer.parseInt of digits with or without a sign.
func integer(digits string) (int64, bool) {
	n, err := strconv.ParseInt(digits, 10, 32)
	return n, err == nil
}

// number reads up to so many digits, not counting a sign: NumberFormatter.
func number(f *field, digits int, signed bool) element {
	return func(b *bucket, text string, at int) int {
		start := at
		if signed && at < len(text) && (text[at] == '-' || text[at] == '+') && digits > 1 && digit(text, at+1) {
			at++
			if text[start] == '+' {
				start++
			}
		}
		end := at
		for digit(text, end) && end-at < digits {
			end++
		}
		if end == at {
			return ^start
		}
		n, ok := integer(text[start:end])
		if !ok {
			return ^start
		}
		b.save(f, n)
		return end
	}
}

// twoDigits reads a two-digit year and, when lenient, a year of any other length:
// TwoDigitYear. The pivot is the middle of the hundred years.
func twoDigits(f *field, pivot int, lenient bool) element {
	return func(b *bucket, text string, at int) int {
		signed := lenient && at < len(text) && (text[at] == '-' || text[at] == '+')
		start := at
		if signed {
			at++
			if text[start] == '+' {
				start++
			}
		}
		end := at
		for digit(text, end) && (lenient || end-at < 2) {
			end++
		}
		if end == at || !lenient && end-at < 2 {
			return ^start
		}
		n, ok := integer(text[start:end])
		if !ok {
			return ^start
		}
		if !signed && end-at == 2 {
			low := int64(pivot - 50)
			n += low - floorMod(low, 100)
			if n < low {
				n += 100
			}
		}
		b.save(f, n)
		return end
	}
}

// fraction reads decimals of a unit that has so many milliseconds: Fraction.
func fraction(f *field, unit int64, digits int) element {
	return func(b *bucket, text string, at int) int {
		var value int64
		n, end := unit*10, at
		for ; digit(text, end) && end-at < digits; end++ {
			n /= 10
			value += int64(text[end]-'0') * n
		}
		if end == at {
			return ^at
		}
		b.save(f, value/10)
		return end
	}
}

// word reads the longest of some words, as they are or all in upper or lower case:
// TextField. Words are numbered by their place in their group, counting from first.
func word(f *field, first int, groups ...[]string) element {
	return func(b *bucket, text string, at int) int {
		longest, value := 0, 0
		for i, group := range groups {
			for _, w := range group {
				for _, form := range []string{w, strings.ToLower(w), strings.ToUpper(w)} {
					if len(form) > longest && strings.HasPrefix(text[at:], form) {
						longest, value = len(form), first+i
					}
				}
			}
		}
		if longest == 0 {
			return ^at
		}
		b.save(f, int64(value))
		return at + longest
	}
}
