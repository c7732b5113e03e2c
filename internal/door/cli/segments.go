package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"oakmoot/cluster"
)

// segmentsCommand shows which server serves which segment.
type segmentsCommand struct {
	remote
	paged
	Wide bool `help:"Print whole identifiers and whole cells."`
	JSON bool `help:"Print as JSON."`
}

// Validate is kong's hook for checking flags together.
func (c *segmentsCommand) Validate() error { return cmp.Or(c.remote.Validate(), c.paged.Validate()) }

// Run prints a line per segment, or as JSON an object per server.
func (c *segmentsCommand) Run(ctx context.Context, s streams) error {
	st, err := answered(c.remote, s, func() (cluster.Status, error) { return c.client().StatusOf(ctx, 1) })
	if err = cmp.Or(err, away(st)); err != nil {
		return err
	}
	if c.JSON {
		servers, err := c.client().Servers(ctx, c.page())
		if err != nil {
			return err
		}
		printMore(s.err, servers, "servers")
		return printJSON(s.out, servers.Items)
	}
	list, err := c.client().Segments(ctx, c.page())
	if err != nil {
		return err
	}
	var ids []string
	for _, segment := range list.Items {
		ids = append(ids, segment.ID)
	}
	ids = shortIDsOf(idsFor(s.out, c.Wide), ids)
	w := table(s.out, c.Wide)
	fmt.Fprint(w, header("SEGMENT", "SERVED BY"))
	for i, segment := range list.Items {
		fmt.Fprint(w, cells(ids[i], strings.Join(serversOf(segment), ", ")))
	}
	printMore(w, list, "segments")
	return w.Flush()
}

// serversOf are the servers of a segment, marked if nobody is there to serve it any more.
func serversOf(s cluster.Segment) []string {
	servers := slices.Clone(s.Servers)
	for _, gone := range s.Gone {
		servers = append(servers, gone+" (gone)")
	}
	slices.Sort(servers)
	return servers
}
