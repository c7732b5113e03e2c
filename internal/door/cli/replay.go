package cli

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"

	"github.com/hashicorp/go-hclog"

	"oakmoot/cluster"
	"oakmoot/control"
	"oakmoot/internal/run/machine"
)

// replayCommand shows a run that is over.
type replayCommand struct {
	Record string `arg:"" complete:"file" help:"File that \"oakmoot up --record\" wrote."`
	Listen string `help:"Control address (default: 127.0.0.1:7070, or the next free port)." placeholder:"HOST:PORT"`
	Token  string `help:"Token to require; by default drawn when the address is not loopback." env:"OAKMOOT_TOKEN"`
}

// Run serves the page and the control address on the record until it is interrupted.
func (c *replayCommand) Run(ctx context.Context, s streams) error {
	past, err := c.past()
	if err != nil {
		return err
	}
	up := upFlags{Listen: c.Listen, Token: c.Token}
	listen, token, err := up.controlAddress()
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	span := past.Span()
	fmt.Fprintf(s.out, "%s: %d steps from %s to %s\n", printable(span.Name), span.Last-span.First+1, span.FirstTime.Format("15:04:05"), span.LastTime.Format("15:04:05"))
	if span.Note != "" {
		fmt.Fprintf(s.out, "note     %s\n", span.Note)
	}
	hosts := machine.Hosts(ln.Addr())
	fmt.Fprintf(s.out, "page     %s\n", strings.Join(pagesAt(hosts, token), "\n         "))
	fmt.Fprintf(s.out, "try      %s status%s\n", program(), controlFlag(cluster.Addresses{Control: hosts[0]}, token))
	return control.Serve(ctx, ln, control.Replay(past), control.Options{Token: token, Log: hclog.NewNullLogger()})
}

// past is the run that the record tells of.
func (c *replayCommand) past() (*cluster.Past, error) {
	f, err := os.Open(c.Record)
	if err != nil {
		return nil, &badInput{err}
	}
	defer f.Close()
	past, err := cluster.Replay(f, c.Record)
	return past, wrongRecord(err)
}
