package cli

import (
	"fmt"

	"oakmoot/internal/stage/trace"
)

// exportCommand writes a record in another program's form.
type exportCommand struct {
	Record string `arg:"" complete:"file" help:"File that \"oakmoot up --record\" wrote."`
	Shiviz bool   `help:"Write the log of ShiViz: a vector clock for each node, and ZooKeeper as a host." required:""`
}

// Run writes the log; what ShiViz has to be told goes to standard error.
func (c *exportCommand) Run(s streams) error {
	rec, err := readRecord(c.Record)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.err, "oakmoot: the parsing expression for ShiViz is %s\n", trace.ShivizExpression)
	return trace.Shiviz(s.out, rec.Steps)
}
