package terminal

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Printable is a foreign string as a cell of a line.
func Printable(text string) string { return plain(text, true, false) }

// plain writes invisible characters by their numbers; in a cell line ends and tabs as well, and styles unless they are
// the program's own.
func plain(text string, cell, styles bool) string {
	hidden := func(r rune) bool {
		switch {
		case r == '\n' || r == '\t':
			return cell
		case isStyle(r):
			return !styles
		}
		return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) || r == utf8.RuneError
	}
	if strings.IndexFunc(text, hidden) < 0 {
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, text[0])
		case r == utf8.RuneError || !hidden(r):
			b.WriteString(text[:size])
		case r > 0xffff:
			fmt.Fprintf(&b, `\u{%x}`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		text = text[size:]
	}
	return b.String()
}
