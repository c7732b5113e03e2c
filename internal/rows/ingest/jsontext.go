package ingest

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonText reads the first JSON value of a text, as Jackson 2.6's ReaderBasedJsonParser
// does, into nil, bool, string, int64, float64, []any or *Object. What follows the
// value does not matter. A whole number that does not fit a long is a double, and one
// too large for that is infinite.
type jsonText struct {
	s     string
	at    int
	allow jsonFeatures
	depth int
}

// maxJSONDepth is how deeply lists and objects may be nested. Jackson's only limit is
// its stack, and a task dies when that overflows.
const maxJSONDepth = 1000

// jsonFeatures are the features of JsonParser.Feature that a featureSpec may switch on.
type jsonFeatures struct {
	comments, yamlComments, unquotedNames, singleQuotes, controlCharacters bool
	anyEscape, leadingZeros, nonNumbers, noDuplicates                      bool
}

// set switches a feature by its name. Some make no difference to a text.
func (f *jsonFeatures) set(name string, on bool) bool {
	switch name {
	case "ALLOW_COMMENTS":
		f.comments = on
	case "ALLOW_YAML_COMMENTS":
		f.yamlComments = on
	case "ALLOW_UNQUOTED_FIELD_NAMES":
		f.unquotedNames = on
	case "ALLOW_SINGLE_QUOTES":
		f.singleQuotes = on
	case "ALLOW_UNQUOTED_CONTROL_CHARS":
		f.controlCharacters = on
	case "ALLOW_BACKSLASH_ESCAPING_ANY_CHARACTER":
		f.anyEscape = on
	case "ALLOW_NUMERIC_LEADING_ZEROS":
		f.leadingZeros = on
	case "ALLOW_NON_NUMERIC_NUMBERS":
		f.nonNumbers = on
	case "STRICT_DUPLICATE_DETECTION":
		f.noDuplicates = on
	case "IGNORE_UNDEFINED", "AUTO_CLOSE_SOURCE":
	default:
		return false
	}
	return true
}

var errJSONEnd = errors.New("Unexpected end-of-input")

func (j *jsonText) unexpected(where string) error {
	if j.at >= len(j.s) {
		return errJSONEnd
	}
	r, _ := utf8.DecodeRuneInString(j.s[j.at:])
	return fmt.Errorf("Unexpected character (%q (code %d)): %s", r, r, where)
}

// next returns the next character that is neither whitespace nor in a comment; 0 at the
// end.
func (j *jsonText) next() byte {
	for j.at < len(j.s) {
		switch c := j.s[j.at]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			j.at++
		case c == '#' && j.allow.yamlComments:
			j.skipLine()
		case c == '/' && j.allow.comments && strings.HasPrefix(j.s[j.at:], "//"):
			j.skipLine()
		case c == '/' && j.allow.comments && strings.HasPrefix(j.s[j.at:], "/*"):
			end := strings.Index(j.s[j.at+2:], "*/")
			if end < 0 {
				j.at = len(j.s)
				return 0
			}
			j.at += end + 4
		default:
			return c
		}
	}
	return 0
}

func (j *jsonText) skipLine() {
	if end := strings.IndexAny(j.s[j.at:], "\r\n"); end >= 0 {
		j.at += end
		return
	}
	j.at = len(j.s)
}

func (j *jsonText) value() (any, error) {
	switch c := j.next(); {
	case c == '{':
		return j.nested(j.object)
	case c == '[':
		return j.nested(j.list)
	case c == '"' || c == '\'' && j.allow.singleQuotes:
		return j.string(c)
	case c == '-' || c >= '0' && c <= '9':
		return j.number()
	case c == 't':
		return true, j.word("true")
	case c == 'f':
		return false, j.word("false")
	case c == 'n':
		return nil, j.word("null")
	case j.allow.nonNumbers && (c == 'N' || c == 'I' || c == '+'):
		return j.nonNumber()
	}
	return nil, j.unexpected("expected a valid value")
}

func (j *jsonText) nested(read func() (any, error)) (any, error) {
	if j.depth++; j.depth > maxJSONDepth {
		return nil, fmt.Errorf("nested deeper than %d", maxJSONDepth)
	}
	defer func() { j.depth-- }()
	j.at++
	return read()
}

func (j *jsonText) object() (any, error) {
	o := newObject()
	for j.next() != '}' {
		if len(o.keys) > 0 {
			if j.next() != ',' {
				return nil, j.unexpected("was expecting comma to separate OBJECT entries")
			}
			j.at++
		}
		name, err := j.name()
		if err != nil {
			return nil, err
		}
		if _, twice := o.values[name]; twice && j.allow.noDuplicates {
			return nil, fmt.Errorf("Duplicate field '%s'", name)
		}
		if j.next() != ':' {
			return nil, j.unexpected("was expecting a colon to separate field name and value")
		}
		j.at++
		v, err := j.value()
		if err != nil {
			return nil, err
		}
		o.put(name, v)
	}
	j.at++
	return o, nil
}

func (j *jsonText) list() (any, error) {
	list := []any{}
	for j.next() != ']' {
		if len(list) > 0 {
			if j.next() != ',' {
				return nil, j.unexpected("was expecting comma to separate ARRAY entries")
			}
			j.at++
		}
		v, err := j.value()
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	j.at++
	return list, nil
}

func (j *jsonText) name() (string, error) {
	c := j.next()
	if c == '"' || c == '\'' && j.allow.singleQuotes {
		return j.string(c)
	}
	if j.allow.unquotedNames {
		end := strings.IndexFunc(j.s[j.at:], func(r rune) bool { return !identifierPart(r) && !strings.ContainsRune("-+@#*", r) })
		if end < 0 {
			end = len(j.s) - j.at
		}
		if end > 0 {
			j.at += end
			return j.s[j.at-end : j.at], nil
		}
	}
	return "", j.unexpected("was expecting double-quote to start field name")
}

func identifierPart(r rune) bool {
	return r == '_' || r == '$' || unicode.IsLetter(r) || unicode.IsDigit(r)
}

// word reads true, false or null, after which no other letter may follow.
func (j *jsonText) word(w string) error {
	if !strings.HasPrefix(j.s[j.at:], w) {
		return fmt.Errorf("Unrecognized token at %.40q: was expecting %s", j.s[j.at:], w)
	}
	j.at += len(w)
	if r, _ := utf8.DecodeRuneInString(j.s[j.at:]); j.at < len(j.s) && identifierPart(r) {
		return j.unexpected("was expecting the end of " + w)
	}
	return nil
}

func (j *jsonText) nonNumber() (any, error) {
	for text, f := range map[string]float64{"NaN": math.NaN(), "Infinity": math.Inf(1), "+Infinity": math.Inf(1), "-Infinity": math.Inf(-1)} {
		if strings.HasPrefix(j.s[j.at:], text) {
			return f, j.word(text)
		}
	}
	return nil, j.unexpected("expected a number")
}

func (j *jsonText) digits() (n int) {
	for j.at < len(j.s) && j.s[j.at] >= '0' && j.s[j.at] <= '9' {
		j.at++
		n++
	}
	return n
}

func (j *jsonText) take(any string) bool {
	if j.at < len(j.s) && strings.IndexByte(any, j.s[j.at]) >= 0 {
		j.at++
		return true
	}
	return false
}

func (j *jsonText) number() (any, error) {
	start := j.at
	negative := j.take("-")
	if negative && j.allow.nonNumbers && j.at < len(j.s) && j.s[j.at] == 'I' {
		j.at = start
		return j.nonNumber()
	}
	first := j.at
	switch n := j.digits(); {
	case n == 0:
		return nil, j.unexpected("expected digit (0-9) to follow minus sign")
	case n > 1 && j.s[first] == '0' && !j.allow.leadingZeros:
		return nil, errors.New("Invalid numeric value: Leading zeroes not allowed")
	}
	whole := true
	if j.take(".") {
		if whole = false; j.digits() == 0 {
			return nil, j.unexpected("Decimal point not followed by a digit")
		}
	}
	if j.take("eE") {
		j.take("+-")
		if whole = false; j.digits() == 0 {
			return nil, j.unexpected("Exponent indicator not followed by a digit")
		}
	}
	if j.depth == 0 && j.at < len(j.s) && strings.IndexByte(" \t\r\n", j.s[j.at]) < 0 {
		return nil, j.unexpected("Expected space separating root-level values")
	}
	digits := j.s[start:j.at]
	if n, err := strconv.ParseInt(digits, 10, 64); whole && err == nil {
		return n, nil
	}
	f, _ := strconv.ParseFloat(digits, 64) // out of range means infinite
	return f, nil
}

// string reads up to the closing quote. An unpaired surrogate becomes a question mark,
// as it does in Java when encoded in UTF-8.
func (j *jsonText) string(quote byte) (string, error) {
	j.at++
	var b strings.Builder
	for j.at < len(j.s) {
		c := j.s[j.at]
		switch {
		case c == quote:
			j.at++
			return b.String(), nil
		case c == '\\':
			if err := j.escape(&b); err != nil {
				return "", err
			}
		case c < ' ' && !j.allow.controlCharacters:
			return "", fmt.Errorf("Illegal unquoted character ((CTRL-CHAR, code %d)): has to be escaped using backslash to be included in string value", c)
		default:
			b.WriteByte(c)
			j.at++
		}
	}
	return "", errJSONEnd
}

var jsonEscapes = map[byte]byte{'b': '\b', 't': '\t', 'n': '\n', 'f': '\f', 'r': '\r', '"': '"', '/': '/', '\\': '\\'}

func (j *jsonText) escape(b *strings.Builder) error {
	if j.at++; j.at == len(j.s) {
		return errJSONEnd
	}
	c := j.s[j.at]
	plain, known := jsonEscapes[c]
	switch {
	case known:
		j.at++
		b.WriteByte(plain)
		return nil
	case c == 'u':
		j.at++
		return j.unicodeEscape(b)
	case j.allow.anyEscape || c == '\'' && j.allow.singleQuotes:
		_, n := utf8.DecodeRuneInString(j.s[j.at:])
		b.WriteString(j.s[j.at : j.at+n])
		j.at += n
		return nil
	}
	return j.unexpected("Unrecognized character escape")
}

func (j *jsonText) unicodeEscape(b *strings.Builder) error {
	first, err := j.hex()
	if err != nil {
		return err
	}
	if utf16.IsSurrogate(first) {
		behind := j.at
		if first < 0xdc00 && strings.HasPrefix(j.s[j.at:], `\u`) {
			j.at += 2
			second, err := j.hex()
			if err != nil {
				return err
			}
			if second >= 0xdc00 && second < 0xe000 {
				b.WriteRune(utf16.DecodeRune(first, second))
				return nil
			}
			j.at = behind
		}
		first = '?'
	}
	b.WriteRune(first)
	return nil
}

func (j *jsonText) hex() (rune, error) {
	if j.at+4 > len(j.s) {
		return 0, errJSONEnd
	}
	n, err := strconv.ParseUint(j.s[j.at:j.at+4], 16, 16)
	if err != nil {
		return 0, j.unexpected("expected a hex-digit for character escape sequence")
	}
	j.at += 4
	return rune(n), nil
}
