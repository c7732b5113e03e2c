package cli

import (
	"fmt"
)

// checkCommand checks topology files.
type checkCommand struct {
	File string `arg:"" help:"Topology file."`
}

// Run says what the topology is, or lists every mistake in it.
func (c *checkCommand) Run(s streams) error {
	topo, err := loadTopology(c.File)
	if err != nil {
		return err
	}
	for _, warning := range topo.Warnings() {
		fmt.Fprintf(s.out, "%s: warning: %s\n", c.File, warning)
	}
	if topo.Name == "" {
		fmt.Fprintf(s.out, "%s: the topology is good; it has no name\n", c.File)
		return nil
	}
	fmt.Fprintf(s.out, "%s: topology %q is good\n", c.File, topo.Name)
	return nil
}
