package cli

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// plainWriter keeps foreign text from controlling the terminal: control characters and formatting ones, such as
// changes of direction, are written as \u001b, which means the same character in JSON. Line ends and tabs are the
// program's own; printable removes foreign ones from a cell.
type plainWriter struct {
	to   io.Writer
	mu   sync.Mutex // guards tail, and keeps a write together
	tail []byte     // the beginning of a character whose end has not been written yet
}

// Write writes all of b except an incomplete character at its end.
func (p *plainWriter) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	text := append(p.tail, b...)
	end := len(text)
	for back := 1; back < utf8.UTFMax && back <= len(text); back++ {
		if at := len(text) - back; utf8.RuneStart(text[at]) {
			if !utf8.FullRune(text[at:]) {
				end = at
			}
			break
		}
	}
	p.tail = bytes.Clone(text[end:])
	if _, err := io.WriteString(p.to, plain(string(text[:end]), false)); err != nil {
		return 0, err
	}
	return len(b), nil
}

// printable is a foreign string as a cell of a line.
func printable(text string) string { return plain(text, true) }

// plain writes invisible characters by their numbers; in a cell, line ends and tabs as well.
func plain(text string, cell bool) string {
	hidden := func(r rune) bool {
		if r == '\n' || r == '\t' {
			return cell
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

// cells are the cells of a line of a table.
func cells(all ...string) string {
	for i := range all {
		all[i] = printable(all[i])
	}
	return strings.Join(all, "\t") + "\n"
}
