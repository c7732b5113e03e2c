package museum

import (
	"fmt"
	"os"
	"strings"
	"testing"

	exhibits "oakmoot/internal/run/museum"
)

// table is what the README shows of the exhibits.
func table() string {
	var b strings.Builder
	b.WriteString("| bug | trigger | what went wrong | since | fixed | how to see it: `oakmoot up examples/museum/…` breaks … |\n|---|---|---|---|---|---|\n")
	for _, e := range exhibits.Exhibits {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | [%s](%s.toml): `%s` |\n", e.Source, e.Trigger, e.Wrong, e.Since, e.Fixed, e.Switch, e.Switch, e.Breaks)
	}
	return b.String()
}

func TestReadmeShowsTheExhibits(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), table()) {
		t.Errorf("the table of README.md is not that of the exhibits; this is:\n%s", table())
	}
}
