package joda

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Pattern is DateTimeFormat.forPattern.
func Pattern(pattern string) (Format, error) {
	if pattern == "" {
		return Format{}, errors.New("Invalid pattern specification")
	}
	var elements []element
	readable := true
	for i := 0; i < len(pattern); {
		t := nextToken(pattern[i:])
		i += t.length
		var next token
		if i < len(pattern) {
			next = nextToken(pattern[i:])
		}
		e, err := t.element(next.isNumber())
		if err != nil {
			return Format{}, err
		}
		elements = append(elements, e)
		readable = readable && e != nil
	}
	if !readable {
		return Format{}, nil
	}
	return Format{all(elements...)}, nil
}

// token is a run of one letter, or text.
type token struct {
	letter byte // 0 for text
	text   string
	length int // in the pattern
}

func letter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// nextToken is parseToken: text extends to the next letter outside quotes, and two
// quotes stand for one.
func nextToken(pattern string) token {
	if c := pattern[0]; letter(c) {
		return token{letter: c, length: len(pattern) - len(strings.TrimLeft(pattern, string(c)))}
	}
	var text strings.Builder
	quoted, i := false, 0
	for ; i < len(pattern); i++ {
		c := pattern[i]
		switch {
		case c == '\'' && i+1 < len(pattern) && pattern[i+1] == '\'':
			text.WriteByte(c)
			i++
		case c == '\'':
			quoted = !quoted
		case letter(c) && !quoted:
			return token{text: text.String(), length: i}
		default:
			text.WriteByte(c)
		}
	}
	return token{text: text.String(), length: i}
}

// isNumber is isNumericToken.
func (t token) isNumber() bool {
	return t.letter != 0 && strings.IndexByte("CxyYdhHmsSeDFwWkK", t.letter) >= 0 || t.letter == 'M' && t.length <= 2
}

// digitFields are the letters whose fields are plain numbers, each with its largest
// number of digits.
var digitFields = map[byte]struct {
	field  *field
	digits int
}{
	'd': {dayField, 2}, 'h': {clockOfHalfdayField, 2}, 'H': {hourField, 2}, 'k': {clockField, 2}, 'K': {hourOfHalfdayField, 2},
	'm': {minuteField, 2}, 's': {secondField, 2}, 'e': {weekdayField, 1}, 'D': {dayOfYearField, 3}, 'w': {weekField, 2},
}

// element returns what parsePatternTo appends, or nil without an error for what can
// only be printed.
func (t token) element(numberFollows bool) (element, error) {
	if f, ok := digitFields[t.letter]; ok {
		return number(f.field, max(f.digits, t.length), false), nil
	}
	switch t.letter {
	case 0:
		return literal(t.text), nil
	case 'x', 'y', 'Y':
		return t.year(numberFollows), nil
	case 'C':
		return number(centuryField, t.length, true), nil
	case 'G':
		return word(eraField, 0, []string{"BC", "BCE"}, []string{"AD", "CE"}), nil
	case 'M':
		if t.length >= 3 {
			return word(monthField, 1, names(months)...), nil
		}
		return number(monthField, 2, false), nil
	case 'E':
		return word(weekdayField, 1, names(weekdays)...), nil
	case 'a':
		return word(halfdayField, 0, []string{"AM"}, []string{"PM"}), nil
	case 'S':
		return fraction(fractionOfSecondField, second, t.length), nil
	case 'z':
		if t.length >= 4 {
			return nil, nil
		}
		return shortName, nil
	case 'Z':
		if t.length >= 3 {
			return zoneID, nil
		}
		return offset, nil
	}
	return nil, fmt.Errorf("Illegal pattern component: %s", strings.Repeat(string(t.letter), t.length))
}

// year reads a year at least as long as the token, unless another number follows.
func (t token) year(numberFollows bool) element {
	if t.length == 2 {
		pivot := time.Now().UTC().Year() - 30
		if t.letter == 'x' {
			return twoDigits(weekyearField, pivot, !numberFollows)
		}
		return twoDigits(yearField, pivot, !numberFollows)
	}
	digits := max(9, t.length)
	if numberFollows {
		digits = t.length
	}
	switch t.letter {
	case 'x':
		return number(weekyearField, digits, true)
	case 'Y':
		return number(yearOfEraField, digits, false)
	}
	return number(yearField, digits, true)
}

const (
	months   = "January February March April May June July August September October November December"
	weekdays = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
)

// names adds to each word its first three letters.
func names(words string) [][]string {
	var all [][]string
	for w := range strings.FieldsSeq(words) {
		all = append(all, []string{w, w[:3]})
	}
	return all
}
