package topology

import (
	"fmt"
	"strings"

	"oakmoot/internal/stage/tomldoc"
)

// Mistake is something wrong in a topology, with its place in the file.
type Mistake struct {
	Path    string // such as role[0].kind
	File    string
	Line    int    // from 1; 0 for a topology that was not read from a file
	Column  int    // in characters from 1
	Text    string // the whole line
	Message string
}

// String shows the mistake with its place, and below it the line with a caret; without
// a place, it shows the path.
func (m Mistake) String() string { return tomldoc.Mistake(m).String() }

// Error is every mistake of a topology, in the order of the file.
type Error struct{ Mistakes []Mistake }

func (e *Error) Error() string {
	lines := []string{"the topology has a mistake"}
	if n := len(e.Mistakes); n > 1 {
		lines[0] = fmt.Sprintf("the topology has %d mistakes", n)
	}
	for _, m := range e.Mistakes {
		lines = append(lines, m.String())
	}
	return strings.Join(lines, "\n")
}

// mistakesOf is an *Error with the mistakes found in a document, or nil.
func mistakesOf(doc *tomldoc.Document) error {
	found := doc.Mistakes()
	if len(found) == 0 {
		return nil
	}
	e := &Error{make([]Mistake, len(found))}
	for i, m := range found {
		e.Mistakes[i] = Mistake(m)
	}
	return e
}
