package terminal_test

import (
	"bytes"
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"oakmoot/internal/door/terminal"
)

// pseudo is a terminal of 60 columns and 20 lines.
func pseudo(t *testing.T) *os.File {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("there are no pseudo-terminals here: %v", err)
	}
	t.Cleanup(func() { _ = master.Close() })
	number, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	if err := unix.IoctlSetWinsize(int(f.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 20, Col: 60}); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestScreenIsWhatTheTerminalIs(t *testing.T) {
	f := pseudo(t)
	for _, tt := range []struct {
		term, noColor string
		when          terminal.When
		colours       bool
		moves         bool
	}{
		{"xterm", "", terminal.Auto, true, true},
		{"xterm", "1", terminal.Auto, false, true},
		{"xterm", "1", terminal.Always, true, true},
		{"xterm", "", terminal.Never, false, true},
		{"dumb", "", terminal.Auto, false, false},
	} {
		t.Setenv("TERM", tt.term)
		t.Setenv("NO_COLOR", tt.noColor)
		s := terminal.Of(f, tt.when)
		if s.Colours != tt.colours || s.Moves != tt.moves || s.Width() != 60 {
			t.Errorf("TERM=%s NO_COLOR=%s %s: got colours %v, moves %v, width %d", tt.term, tt.noColor, tt.when, s.Colours, s.Moves, s.Width())
		}
	}
	if s := terminal.Of(new(bytes.Buffer), terminal.Auto); s.Colours || s.Moves || s.Width() != 0 {
		t.Errorf("a buffer: got colours %v, moves %v, width %d, want nothing", s.Colours, s.Moves, s.Width())
	}
	if s := terminal.Of(new(bytes.Buffer), terminal.Always); !s.Colours || s.Moves {
		t.Errorf("a buffer with colours: got colours %v, moves %v", s.Colours, s.Moves)
	}
}
