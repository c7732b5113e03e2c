package terminal_test

import (
	"bytes"
	"fmt"
	"testing"

	"oakmoot/internal/door/terminal"
)

func TestGlossaryGoesOnBelowOnANarrowScreen(t *testing.T) {
	for _, tt := range []struct {
		width int
		text  string
		want  string
	}{
		{0, "kill NODE\tends it\nup\tone that serves\n", "kill NODE  ends it\nup         one that serves\n"},
		{80, "kill NODE\tends it\nup\tone that serves\n", "kill NODE  ends it\nup         one that serves\n"},
		{24, "kill NODE\tends it\nup\tone that serves\n", "kill NODE  ends it\nup         one that\n           serves\n"},
		{14, "kill NODE\tends it\nup\tone that serves\n", "kill NODE\n    ends it\nup\n    one that\n    serves\n"},
		{14, "kill NODE  ends it\nup\tit serves\n", "kill NODE\n    ends it\nup  it serves\n"},
		{16, "bug\tbroker\tloses rows\t#12\n", "bug\n    broker\n    loses rows\n    #12\n"},
	} {
		var b bytes.Buffer
		s := terminal.Screen{}
		if tt.width > 0 {
			s.Size = func() (int, int) { return tt.width, 20 }
		}
		w := terminal.NewGlossary(terminal.New(&b, s))
		fmt.Fprint(w, tt.text)
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		if b.String() != tt.want {
			t.Errorf("width %d: got\n%swant\n%s", tt.width, b.String(), tt.want)
		}
	}
}
