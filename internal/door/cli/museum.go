package cli

import (
	"fmt"
	"strings"

	"oakmoot/internal/door/terminal"
	"oakmoot/internal/run/museum"
)

// museumCommand lists the bugs that a topology can turn on.
type museumCommand struct{}

// Run prints a line for each switch, its name first.
func (*museumCommand) Run(s streams) error {
	w := terminal.NewGlossary(s.out)
	for _, e := range museum.Exhibits {
		if _, err := fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", e.Switch, strings.Join(e.Kinds, ", "), e.Does, e.Source); err != nil {
			return err
		}
	}
	return w.Flush()
}
