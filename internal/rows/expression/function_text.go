package expression

import (
	"strings"
	"unicode/utf16"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
)

// textFunctions work on strings; positions count UTF-16 units, as Java's do.
var textFunctions = map[string]function{
	"concat": several(0, -1, func(args []Value) (Value, error) {
		var b strings.Builder
		for _, v := range args {
			b.WriteString(v.text())
		}
		return ofString(b.String()), nil
	}),
	"strlen":    one(func(v Value) (Value, error) { return ofLong(int64(len(units(v.text())))), nil }),
	"lower":     one(func(v Value) (Value, error) { return ofString(cases.Lower(language.English).String(v.text())), nil }),
	"upper":     one(func(v Value) (Value, error) { return ofString(cases.Upper(language.English).String(v.text())), nil }),
	"replace":   several(3, 3, replace),
	"strpos":    several(2, 3, position),
	"substring": several(3, 3, substring),
}

var errRange = &Exception{"java.lang.StringIndexOutOfBoundsException", "String index out of range"}

// replace is StringUtils.replace; the empty string is found between all units of a
// text.
func replace(args []Value) (Value, error) {
	text, old, with := args[0].text(), args[1].text(), args[2].text()
	switch {
	case text == "":
		return Value{}, nil
	case old != "":
		return ofString(strings.ReplaceAll(text, old, with)), nil
	}
	var b strings.Builder
	for _, unit := range units(text) {
		b.WriteString(with + fromUnits([]uint16{unit}))
	}
	return ofString(b.String() + with), nil
}

// position is String.indexOf.
func position(args []Value) (Value, error) {
	text, wanted, from := units(args[0].text()), units(args[1].text()), 0
	if len(args) > 2 {
		from = min(max(args[2].int(), 0), len(text))
	}
	for i := from; i+len(wanted) <= len(text); i++ {
		if fromUnits(text[i:i+len(wanted)]) == fromUnits(wanted) {
			return ofLong(int64(i)), nil
		}
	}
	return ofLong(-1), nil
}

// substring is SubstringDimExtractionFn: an index and a length; a negative length means
// to the end.
func substring(args []Value) (Value, error) {
	text, index, length := units(args[0].text()), args[1].int(), args[2].int()
	switch {
	case args[0].IsNull() || index >= len(text):
		return Value{}, nil
	case index < 0:
		return Value{}, errRange
	case length < 0:
		return ofString(fromUnits(text[index:])), nil
	}
	end := min(int(int32(index+length)), len(text)) // the sum overflows in Java
	if end < index {
		return Value{}, errRange
	}
	return ofString(fromUnits(text[index:end])), nil
}

func units(s string) []uint16 { return utf16.Encode([]rune(s)) }

// fromUnits writes an unpaired surrogate as the question mark that Java makes of it in
// UTF-8.
func fromUnits(u []uint16) string {
	runes := utf16.Decode(u)
	for i, r := range runes {
		if r == '\uFFFD' && !containsUnit(u, 0xFFFD) {
			runes[i] = '?'
		}
	}
	return string(runes)
}

func containsUnit(u []uint16, wanted uint16) bool {
	for _, x := range u {
		if x == wanted {
			return true
		}
	}
	return false
}
