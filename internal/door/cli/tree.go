package cli

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"oakmoot/cluster"
	"oakmoot/internal/door/terminal"
)

// treeCommand shows znodes.
type treeCommand struct {
	remote
	paged
	Path string `arg:"" optional:"" default:"/" help:"Where to start."`
	Raw  bool   `help:"Print payloads as stored, gzip included, in Go's quoting."`
	watched
	Wide bool `help:"Print whole identifiers and whole lines."`
	JSON bool `help:"Print as JSON."`
}

// Validate is kong's hook for checking flags together.
func (c *treeCommand) Validate() error {
	return cmp.Or(c.remote.Validate(), c.paged.Validate(), c.watched.Validate())
}

// Run prints the tree, once or whenever it has changed.
func (c *treeCommand) Run(ctx context.Context, s streams) error {
	if c.Watch {
		return c.watch(ctx, c.remote, s, func(out *terminal.Output) error { return c.print(ctx, streams{s.in, out, s.err}) })
	}
	nodes, err := answered(c.remote, s, func() (cluster.Listing[cluster.Znode], error) { return c.client().TreePage(ctx, c.Path, c.page()) })
	if err != nil {
		return err
	}
	return c.show(nodes, s)
}

func (c *treeCommand) print(ctx context.Context, s streams) error {
	nodes, err := c.client().TreePage(ctx, c.Path, c.page())
	if err != nil {
		return err
	}
	return c.show(nodes, s)
}

func (c *treeCommand) show(nodes cluster.Listing[cluster.Znode], s streams) error {
	if c.JSON {
		printMore(s.err, nodes, "znodes")
		return printJSON(s.out, nodes.Items)
	}
	if len(nodes.Items) == 0 && c.After == "" {
		return fmt.Errorf("there is no znode %s", c.Path)
	}
	shorten := idsFor(s.out, c.Wide)
	for _, n := range nodes.Items {
		fmt.Fprintln(s.out, fitting(s.out, c.Wide, shorten(treeLine(n, c.Path, c.Raw))))
	}
	printMore(s.out, nodes, "znodes")
	return nil
}

// payloadShown is how many bytes of a payload a line of the tree shows.
const payloadShown = 160

func treeLine(n cluster.Znode, root string, raw bool) string {
	depth := strings.Count(strings.TrimPrefix(n.Path, strings.TrimSuffix(root, "/")), "/")
	name := n.Path
	if depth > 0 {
		name = n.Path[strings.LastIndex(n.Path, "/"):]
	}
	line := strings.Repeat("  ", depth) + name
	if n.Ephemeral {
		line += "  [" + or(n.Owner, "ephemeral") + "]"
	}
	if n.Version > 0 {
		line += fmt.Sprintf("  v%d", n.Version)
	}
	switch {
	case raw && len(n.Data) > 0:
		line += fmt.Sprintf("  %q", n.Data)
	case n.Text != "":
		line += "  " + shorten(n.Text, payloadShown)
	}
	return printable(line)
}

func shorten(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return fmt.Sprintf("%s… (%d bytes)", strings.ToValidUTF8(text[:limit], ""), len(text))
}
