package terminal_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"text/tabwriter"
	"time"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/door/terminal"
)

// screen is a terminal of the width.
func screen(width int) terminal.Screen {
	return terminal.Screen{Size: func() (int, int) { return width, 5 }, Moves: true}
}

// evil are strings that affect a terminal or a table.
var evil = []string{
	"\x1b[31mred", "\x1b]0;title\x07", "two\nlines", "back\rover", "\b\b\b", "\x00", "\x7f", "\u009b31m", "\u0085", "\u202eright", "\u2066in\u2069",
	"\u200e", "\u061c", "\u2028", "\ufeff", "\xff\x1b", "\U000e0041", "\ufdd0", "\ufdd6",
}

// quiet refuses text that a terminal would do more with than show.
func quiet(t *testing.T, text string) {
	t.Helper()
	if strings.ContainsFunc(text, func(r rune) bool {
		return r != '\n' && (r < 0x20 || r >= 0x7f && r < 0xa0 || r >= 0x200b && r <= 0x200f) || r >= 0xfdd0 && r <= 0xfdef
	}) ||
		strings.ContainsAny(text, "\u202e\u2066\u2069\u061c\u2028\ufeff\U000e0041") {
		t.Errorf("%q", text)
	}
}

func TestOutputsShowNoControlCharacters(t *testing.T) {
	for _, e := range evil {
		var out bytes.Buffer
		w := terminal.New(&out, terminal.Screen{Colours: true})
		for _, b := range []byte("<" + e + ">") { // a byte at a time, which splits characters
			if n, err := w.Write([]byte{b}); n != 1 || err != nil {
				t.Fatalf("got %d, %v", n, err)
			}
		}
		quiet(t, out.String())
		quiet(t, terminal.Printable(e))
		if !strings.HasPrefix(out.String(), "<") || !strings.HasSuffix(out.String(), ">") {
			t.Errorf("%q: got %q", e, out.String())
		}
	}
	var out bytes.Buffer
	if _, err := terminal.New(&out, terminal.Screen{}).Write([]byte("ä€𝄞 \\u001b\n\tx")); err != nil || out.String() != "ä€𝄞 \\u001b\n\tx" {
		t.Errorf("got %q, %v, want plain text as it is", out.String(), err)
	}
}

func TestStylesAreColoursOrNothing(t *testing.T) {
	text := "a " + terminal.Bad.Text("b\x1b") + "\n"
	for want, s := range map[string]terminal.Screen{
		"a \x1b[1;31mb\\u001b\x1b[0m\n": {Colours: true},
		"a b\\u001b\n":                  {},
	} {
		var out bytes.Buffer
		if err := terminal.New(&out, s).Print(text); err != nil || out.String() != want {
			t.Errorf("got %q, %v, want %q", out.String(), err, want)
		}
	}
}

const rows = "NODE\tKIND\tHOST\ncoordinator-1 *\tcoordinator\t127.0.0.1:1\n… and 2 more\n\nx\tlonger than it should be, by far\n"

func TestTableIsSetLikeTabwritersUnlessItIsTooWide(t *testing.T) {
	var want, got bytes.Buffer
	w := tabwriter.NewWriter(&want, 0, 8, 2, ' ', 0)
	fmt.Fprint(w, rows)
	_ = w.Flush()
	table := terminal.NewTable(terminal.New(&got, terminal.Screen{}))
	fmt.Fprint(table, rows)
	if err := table.Flush(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.String(), got.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestTableFitsTheScreen(t *testing.T) {
	var out bytes.Buffer
	table := terminal.NewTable(terminal.New(&out, screen(30)))
	fmt.Fprint(table, strings.Replace(rows, "coordinator-1 *", terminal.Leader.Text("coordinator-1 *"), 1))
	if err := table.Flush(); err != nil {
		t.Fatal(err)
	}
	want := "NODE      KIND       HOST\ncoordin…  coordi…or  127.0.…:1\n… and 2 more\n\nx  longer than it should be, …\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestTableWithTooManyColumnsForTheScreenIsCut(t *testing.T) {
	var out bytes.Buffer
	table := terminal.NewTable(terminal.New(&out, screen(20)))
	fmt.Fprint(table, rows)
	if err := table.Flush(); err != nil {
		t.Fatal(err)
	}
	want := "NODE      KIND     …\ncoordin…  coord…or …\n… and 2 more\n\nx  longer than it s…\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestNoteStaysBelowTheText(t *testing.T) {
	var out bytes.Buffer
	w := terminal.New(&out, screen(10))
	w.Note("waiting for it")
	fmt.Fprintln(w, "text")
	w.Note("")
	if want := "waiting …\r\x1b[Ktext\nwaiting …\r\x1b[K"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

func TestWhatTakesLongIsToldOf(t *testing.T) {
	for _, tt := range []struct {
		screen terminal.Screen
		takes  time.Duration
		want   string
	}{
		{terminal.Screen{}, 9 * time.Second, ""},
		{terminal.Screen{}, 21 * time.Second, "10s\n20s\n"},
		{screen(20), time.Second, ""},
		{screen(20), 3500 * time.Millisecond, "2s\r\x1b[K3s\r\x1b[K"},
	} {
		synctest.Test(t, func(t *testing.T) {
			var out bytes.Buffer
			terminal.While(terminal.New(&out, tt.screen), terminal.Span, func() { time.Sleep(tt.takes) })
			if out.String() != tt.want {
				t.Errorf("%v: got %q, want %q", tt.takes, out.String(), tt.want)
			}
		})
	}
}

func TestViewIsShownInPlaceOrWithALineBetween(t *testing.T) {
	show := func(s terminal.Screen) string {
		var out bytes.Buffer
		v := terminal.NewView(terminal.New(&out, s))
		for _, text := range []string{"a\n", "a\n", "b\nc\nd\ne\nf\n"} {
			if err := v.Show("later", text); err != nil {
				t.Fatal(err)
			}
		}
		_ = v.Close()
		return out.String()
	}
	if diff := cmp.Diff("a\n\nlater\nb\nc\nd\ne\nf\n", show(terminal.Screen{})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	want := "\x1b[?1049h\x1b[?25l\x1b[Ha\x1b[K\n\x1b[J\x1b[Hb\x1b[K\nc\x1b[K\nd\x1b[K\n… 2 more lines; --limit shows fewer\x1b[K\n\x1b[J\x1b[?25h\x1b[?1049lb\nc\nd\ne\nf\n"
	if diff := cmp.Diff(want, show(screen(80))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
