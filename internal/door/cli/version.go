package cli

import (
	"fmt"

	"oakmoot/internal/run/build"
)

// versionCommand says what the program is.
type versionCommand struct {
	JSON bool `help:"Print as JSON."`
}

// Run prints the version, the commit and the Go that it was built with.
func (c *versionCommand) Run(s streams) error {
	if c.JSON {
		return printJSON(s.out, build.This())
	}
	fmt.Fprintln(s.out, build.This())
	return nil
}
