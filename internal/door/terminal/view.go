package terminal

import (
	"fmt"
	"strings"
)

// View shows the same thing again and again: on a terminal in place, elsewhere one below the other with a line between.
type View struct {
	out  *Output
	last string
	open bool
}

// NewView is a view; Close it.
func NewView(out *Output) *View { return &View{out: out} }

// Show shows the text, unless it is what is shown already. The separator is the line above it where nothing can be
// shown in place.
func (v *View) Show(separator, text string) error {
	if text == v.last && v.open {
		return nil
	}
	before := ""
	if v.open && !v.out.Moves {
		before = "\n" + Faint.Text(separator) + "\n"
	}
	v.last = text
	if !v.out.Moves {
		v.open = true
		return v.out.Print(before + text)
	}
	v.out.mu.Lock()
	defer v.out.mu.Unlock()
	if !v.open {
		v.open = true
		before = otherScreen
	}
	shown := v.out.styled(plain(v.frame(text), false, true))
	return v.out.raw(before + home + strings.ReplaceAll(shown+"\n", "\n", lineEnd) + clearRest)
}

// Control sequences of xterm: the screen of programs that take all of it, and back.
const (
	otherScreen = "\x1b[?1049h\x1b[?25l"
	ownScreen   = "\x1b[?25h\x1b[?1049l"
)

// frame is as much of the text as the screen takes above its last line, where an Output has its note.
func (v *View) frame(text string) string {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	width, height := v.out.Size()
	if more := len(lines) - (height - 1); more > 0 {
		lines = append(lines[:height-2], Faint.Text(fmt.Sprintf("… %d more lines; --limit shows fewer", more+1)))
	}
	for i := range lines {
		lines[i] = Cut(lines[i], width)
	}
	return strings.Join(lines, "\n")
}

// Close goes back to the screen as it was, with what was shown last.
func (v *View) Close() error {
	if !v.open || !v.out.Moves {
		return nil
	}
	v.out.mu.Lock()
	defer v.out.mu.Unlock()
	return v.out.raw(ownScreen + v.out.styled(plain(v.last, false, true)))
}
