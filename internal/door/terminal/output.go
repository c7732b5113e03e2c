package terminal

import (
	"bytes"
	"io"
	"strings"
	"sync"
	"unicode/utf8"
)

// Output is where a command writes. Control characters of foreign text, and formatting ones, such as changes of
// direction, are written as \u001b, which means the same character in JSON. Line ends and tabs are the program's own;
// Printable removes foreign ones from a cell.
type Output struct {
	Screen

	to    io.Writer
	keeps bool // styles as they are

	mu   sync.Mutex // guards what follows, and keeps a write together
	tail []byte     // the beginning of a character whose end has not been written yet

	note, passing string // shown at the bottom, below all text
}

// New is an output that writes to a screen.
func New(to io.Writer, s Screen) *Output { return &Output{Screen: s, to: to} }

// Drawn is an output for the same screen whose text is kept, styles and all, to be printed later.
func (o *Output) Drawn(to io.Writer) *Output {
	return &Output{Screen: Screen{Size: o.Size}, to: to, keeps: true}
}

// Write writes all of b except an incomplete character at its end.
func (o *Output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	text := append(o.tail, b...)
	end := len(text)
	for back := 1; back < utf8.UTFMax && back <= len(text); back++ {
		if at := len(text) - back; utf8.RuneStart(text[at]) {
			if !utf8.FullRune(text[at:]) {
				end = at
			}
			break
		}
	}
	o.tail = bytes.Clone(text[end:])
	if end == 0 {
		return len(b), nil
	}
	if err := o.raw(o.clear() + plain(string(text[:end]), false, false) + o.bottom()); err != nil {
		return 0, err
	}
	return len(b), nil
}

// Print writes text of the program's own, with styles.
func (o *Output) Print(text string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.raw(o.clear() + o.styled(plain(text, false, true)) + o.bottom())
}

// styled writes out the styles.
func (o *Output) styled(text string) string {
	if o.keeps || strings.IndexFunc(text, isStyle) < 0 {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		switch {
		case !isStyle(r):
			b.WriteRune(r)
		case o.Colours:
			b.WriteString(sequences[r])
		}
	}
	return b.String()
}

// Note shows what is being waited for in a line below all text, in place of the last one; "" shows none. It does
// nothing if the cursor cannot be moved.
func (o *Output) Note(text string) { o.show(&o.note, text) }

// Passing shows what has just happened in the same line, behind the note.
func (o *Output) Passing(text string) { o.show(&o.passing, text) }

func (o *Output) show(part *string, text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.Moves || text == *part {
		return
	}
	before := o.clear()
	*part = text
	_ = o.raw(before + o.bottom()) // who does not see it misses nothing
}

// Control sequences: CUP, ED and EL of ECMA-48.
const (
	home      = "\x1b[H"
	clearRest = "\x1b[J"
	clearLine = "\r\x1b[K"
	lineEnd   = "\x1b[K\n"
)

// last is the text of the line below all others.
func (o *Output) last() string {
	if o.note != "" && o.passing != "" {
		return o.note + "  " + o.passing
	}
	return o.note + o.passing
}

// clear removes the last line, and bottom shows it again.
func (o *Output) clear() string {
	if o.last() == "" {
		return ""
	}
	return clearLine
}

func (o *Output) bottom() string {
	if o.last() == "" {
		return ""
	}
	return o.styled(plain(Cut(o.last(), o.Width()-1), true, true))
}

func (o *Output) raw(text string) error {
	_, err := io.WriteString(o.to, text)
	return err
}
