package cli

import (
	"fmt"
	"strconv"
	"time"

	"oakmoot/internal/door/running"
	"oakmoot/internal/door/terminal"
)

// psCommand lists the clusters that run on this machine.
type psCommand struct {
	JSON bool `help:"Print as JSON."`
}

// shownProcess is a process as everybody may see it: without its token.
type shownProcess struct {
	PID     int       `json:"pid"`
	Name    string    `json:"name"`
	Control string    `json:"control"`
	Data    string    `json:"data"`
	Started time.Time `json:"started"`
}

// Run prints a cluster per line, the oldest first.
func (c *psCommand) Run(s streams) error {
	all, stale, err := running.Usual().List()
	if err != nil {
		return err
	}
	if stale > 0 {
		fmt.Fprintf(s.err, "oakmoot: %d that ended without a goodbye: removed from the list\n", stale)
	}
	if c.JSON {
		list := []shownProcess{}
		for _, p := range all {
			list = append(list, shownProcess{p.PID, p.Name, p.Control, p.Data, p.Started})
		}
		return printJSON(s.out, list)
	}
	if len(all) == 0 {
		fmt.Fprintln(s.out, "no cluster runs on this machine")
		return nil
	}
	w := terminal.NewTable(s.out)
	fmt.Fprint(w, header("PID", "TOPOLOGY", "CONTROL", "RUNS FOR", "DATA"))
	for _, p := range all {
		fmt.Fprint(w, cells(strconv.Itoa(p.PID), p.Name, p.Control, terminal.Span(time.Since(p.Started)), p.Data))
	}
	return w.Flush()
}
