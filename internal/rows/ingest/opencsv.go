package ingest

import (
	"errors"
	"unicode"
	"unicode/utf16"
)

// csvLine splits lines as opencsv 4.2's CSVParser does with its defaults: commas,
// double quotes, a backslash before a quote or a backslash, and no blanks before a
// quote. What the parser keeps from one line to the next is kept here too.
type csvLine struct {
	inField bool
}

var errUnterminated = errors.New("Un-terminated quoted field at end of CSV line")

// codeUnit is an ASCII character or a Java char.
type codeUnit interface{ ~byte | ~uint16 }

func (p *csvLine) split(line string) ([]string, error) {
	for i := range len(line) {
		if line[i] >= 0x80 {
			return splitUnits(p, utf16.Encode([]rune(line)), func(u []uint16) string { return string(utf16.Decode(u)) })
		}
	}
	return splitUnits(p, []byte(line), func(b []byte) string { return string(b) })
}

func splitUnits[U codeUnit](p *csvLine, line []U, text func([]U) string) ([]string, error) {
	var values []string
	var out []U
	inQuotes := false
	for i := 0; i < len(line); i++ {
		next := U(0)
		last := i+1 == len(line)
		if !last {
			next = line[i+1]
		}
		switch c := line[i]; {
		case c == '\\':
			if (inQuotes || p.inField) && (next == '"' || next == '\\') {
				out = append(out, next)
				i++
			}
		case c == '"':
			if (inQuotes || p.inField) && next == '"' {
				out = append(out, next)
				i++
			} else {
				inQuotes = !inQuotes
				out = embeddedQuote(line, i, out)
			}
			p.inField = !p.inField
		case c == ',' && !inQuotes:
			values = append(values, text(out))
			out = out[:0]
			p.inField = false
		default:
			out = append(out, c)
			p.inField = true
		}
	}
	if inQuotes {
		return nil, errUnterminated
	}
	p.inField = false
	return append(values, text(out)), nil
}

// embeddedQuote keeps a quote in the middle of a value; if only blanks precede it, they
// are dropped: handleQuoteCharButNotStrictQuotes.
func embeddedQuote[U codeUnit](line []U, i int, out []U) []U {
	if i < 3 || line[i-1] == ',' || i+1 == len(line) || line[i+1] == ',' {
		return out
	}
	blank := len(out) > 0
	for _, u := range out {
		blank = blank && javaWhitespace(rune(u))
	}
	if blank {
		return out[:0]
	}
	return append(out, '"')
}

// javaWhitespace is Character.isWhitespace.
func javaWhitespace(r rune) bool {
	switch {
	case r >= '\t' && r <= '\r', r >= 0x1c && r <= 0x1f:
		return true
	case r == 0xa0 || r == 0x2007 || r == 0x202f:
		return false
	}
	return unicode.In(r, unicode.Zs, unicode.Zl, unicode.Zp)
}
