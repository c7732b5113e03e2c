package tomldoc

import (
	"fmt"
	"slices"
	"strings"
)

// Path leads from the document to a value: names of keys and positions in arrays.
type Path []any

// String writes the path as a program would: role[0].kind.
func (p Path) String() string {
	var b strings.Builder
	for i, step := range p {
		switch step := step.(type) {
		case int:
			fmt.Fprintf(&b, "[%d]", step)
		default:
			if i > 0 {
				b.WriteByte('.')
			}
			fmt.Fprint(&b, step)
		}
	}
	return b.String()
}

// key is the path as the key of a map.
func (p Path) key() string {
	var b strings.Builder
	for _, step := range p {
		fmt.Fprintf(&b, "%v\x00", step)
	}
	return b.String()
}

// then is the path to something inside what p leads to.
func (p Path) then(steps ...any) Path { return append(slices.Clip(p), steps...) }

// Mistake is something wrong in a document.
type Mistake struct {
	Path    string // of the value, "" for the whole document
	File    string
	Line    int    // from 1; 0 if the document has no text
	Column  int    // in characters from 1
	Text    string // the whole line
	Message string
}

// String shows the mistake with its place and, below it, the line with a caret. A mistake in a value that is not in
// the text is shown with its path.
func (m Mistake) String() string {
	if m.Line == 0 {
		if m.Path == "" {
			return m.Message
		}
		return m.Path + ": " + m.Message
	}
	if strings.TrimSpace(m.Text) == "" {
		return fmt.Sprintf("%s:%d:%d: %s", m.File, m.Line, m.Column, m.Message) // there is nothing to point at
	}
	return fmt.Sprintf("%s:%d:%d: %s\n    %s\n    %s^", m.File, m.Line, m.Column, m.Message, m.Text, indent(m.Text, m.Column-1))
}

// indent is as wide as the first n characters of line, and keeps tabs.
func indent(line string, n int) string {
	var b strings.Builder
	for _, r := range line {
		if n--; n < 0 {
			break
		}
		if r != '\t' {
			r = ' '
		}
		b.WriteRune(r)
	}
	return b.String()
}
