package terminal

import (
	"io"
	"os"

	"golang.org/x/term"
)

// Screen is what is known of where text goes. Its zero value is a file or a pipe.
type Screen struct {
	Size    func() (width, height int) // nil unless it is a terminal
	Colours bool
	Moves   bool // the cursor can be moved, so that lines are written again in place
}

// When says when there are colours.
type When string

// Values of When.
const (
	Auto   When = "auto" // on a terminal, unless NO_COLOR is set
	Always When = "always"
	Never  When = "never"
)

// Of looks at where text goes.
func Of(to io.Writer, colours When) Screen {
	s := Screen{Colours: colours == Always}
	f, ok := to.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return s
	}
	s.Size = func() (int, int) {
		width, height, err := term.GetSize(int(f.Fd()))
		if err != nil || width <= 0 {
			return usualWidth, usualHeight
		}
		return width, height
	}
	if s.Moves = os.Getenv("TERM") != "dumb" && takesSequences(f); s.Moves && colours == Auto {
		s.Colours = os.Getenv("NO_COLOR") == ""
	}
	return s
}

// The size of a terminal that does not tell.
const (
	usualWidth  = 80
	usualHeight = 24
)

// Width is how many characters fit into a line; 0 is no limit.
func (s Screen) Width() int {
	if s.Size == nil {
		return 0
	}
	w, _ := s.Size()
	return w
}
