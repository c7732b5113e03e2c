package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"oakmoot/cluster"
	"oakmoot/control"
)

// statusCommand shows the cluster's state, or waits for a condition.
type statusCommand struct {
	remote
	JSON    bool          `help:"Print the whole state as JSON."`
	Wait    *string       `help:"Wait until this holds, for example 'leaders(coordinator) == 1'." placeholder:"EXPR"`
	Timeout time.Duration `help:"How long to wait." default:"30s"`
	Limit   int           `help:"How many nodes, servers, tasks, and segments of each server are shown at most." default:"100"`
}

// Validate is kong's hook for checking flags together.
func (c *statusCommand) Validate() error { return cmp.Or(c.remote.Validate(), checkLimit(c.Limit)) }

// Run prints the state, if asked to only after a condition has come true.
func (c *statusCommand) Run(ctx context.Context, s streams) error {
	if c.Wait != nil { // an empty one is a mistake, not a missing one
		if err := c.client().Wait(ctx, *c.Wait, c.Timeout); err != nil {
			return fmt.Errorf("wait: %w", err)
		}
	}
	st, err := c.client().StatusOf(ctx, c.Limit)
	if err != nil {
		return err
	}
	if c.JSON {
		err = printJSON(s.out, st)
	} else {
		err = printStatus(s.out, st)
	}
	return cmp.Or(err, away(st))
}

// away returns an error while the cluster's ZooKeeper is away, since what it would show is unknown then.
func away(st cluster.Status) error {
	if st.ZooKeeperAway.IsZero() {
		return nil
	}
	return &unavailable{fmt.Errorf("ZooKeeper %s has been away since %s, so leaders, sessions, servers and workers are not known",
		st.ZooKeeper, st.ZooKeeperAway.Format("15:04:05"))}
}

// stateOf is a node's state, with the version of an external process and whatever the state alone does not say.
func stateOf(n cluster.Node) string {
	state := n.State
	if n.Version != "" {
		state += " (" + n.Version + ")"
	}
	if n.Note != "" {
		state += "; " + n.Note
	}
	return state
}

// serverOf is a server's name, marked if nobody is there to serve any more.
func serverOf(sv cluster.ServedSegments) string {
	name := or(sv.Node, sv.Server)
	if sv.Gone {
		name += " (gone)"
	}
	return name
}

// printRemarks prints what is wrong with the external seats.
func printRemarks(w io.Writer, nodes []cluster.Node) {
	for _, n := range nodes {
		for _, remark := range n.Remarks {
			fmt.Fprintf(w, "\n%s: %s", printable(n.Name), printable(remark))
		}
		if len(n.Remarks) > 0 {
			fmt.Fprintln(w)
		}
	}
}

func printStatus(out io.Writer, st cluster.Status) error {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintf(w, "NODE\tKIND\tHOST\tSTATE\tSESSION\tFAULTS\n")
	for _, n := range st.Nodes {
		name := n.Name
		if n.Leader {
			name += " *"
		}
		fmt.Fprint(w, cells(name, n.Kind, dash(n.Host), stateOf(n), dash(n.Session), dash(strings.Join(n.Faults, ", "))))
	}
	printCut(w, len(st.Nodes), st.Total.Nodes, "nodes")
	printRemarks(w, st.Nodes)
	fmt.Fprintf(w, "\nSERVER\tTYPE\tTIER\tSEGMENTS\tBYTES\n")
	for _, sv := range st.Segments {
		fmt.Fprint(w, cells(serverOf(sv), sv.Type, sv.Tier, fmt.Sprint(sv.Count), fmt.Sprint(sv.Size)))
	}
	printCut(w, len(st.Segments), st.Total.Servers, "servers")
	fmt.Fprintf(w, "\nDATASOURCE\tUSED\tSERVED\n")
	for _, ds := range sortedKeys(st.Used) {
		fmt.Fprint(w, cells(ds, fmt.Sprint(st.Used[ds]), fmt.Sprint(st.Served[ds])))
	}
	fmt.Fprintf(w, "\nTASK\tTYPE\tSTATUS\tWORKER\n")
	for _, t := range st.Tasks {
		fmt.Fprint(w, cells(t.ID, t.Type, t.Status, dash(t.Worker)))
	}
	printCut(w, len(st.Tasks), st.Total.Tasks, "tasks")
	for _, row := range st.Unreadable {
		fmt.Fprintf(w, "\nunreadable row, left out\t%q\n", row) // it may contain anything
	}
	for _, f := range st.Faults {
		fmt.Fprint(w, "\n", cells("fault "+f.ID, f.Do, strings.Join(f.Nodes, ", ")))
	}
	for _, e := range st.Expects {
		fmt.Fprint(w, "\n", cells("expect", e.Text, e.State+" "+e.Why))
	}
	if len(st.Invariants) > 0 {
		fmt.Fprintln(w)
	}
	writeInvariantStates(w, st.Invariants, func(i cluster.Invariant) bool { return i.State == "broken" })
	return w.Flush()
}

// segmentsCommand shows which server serves which segment.
type segmentsCommand struct {
	remote
	paged
	JSON bool `help:"Print as JSON."`
}

// Validate is kong's hook for checking flags together.
func (c *segmentsCommand) Validate() error { return cmp.Or(c.remote.Validate(), c.paged.Validate()) }

// Run prints a line per segment, or as JSON an object per server.
func (c *segmentsCommand) Run(ctx context.Context, s streams) error {
	st, err := c.client().StatusOf(ctx, 1)
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
	w := tabwriter.NewWriter(s.out, 0, 8, 2, ' ', 0)
	fmt.Fprintf(w, "SEGMENT\tSERVED BY\n")
	for _, segment := range list.Items {
		fmt.Fprint(w, cells(segment.ID, strings.Join(serversOf(segment), ", ")))
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

// treeCommand shows znodes.
type treeCommand struct {
	remote
	paged
	Path  string `arg:"" optional:"" default:"/" help:"Where to start."`
	Raw   bool   `help:"Print payloads as stored, gzip included, in Go's quoting."`
	Watch bool   `help:"Print again whenever something changes."`
	JSON  bool   `help:"Print as JSON."`
}

// Validate is kong's hook for checking flags together.
func (c *treeCommand) Validate() error { return cmp.Or(c.remote.Validate(), c.paged.Validate()) }

// Run prints the tree, once or at every change.
func (c *treeCommand) Run(ctx context.Context, s streams) error {
	if err := c.print(ctx, s); err != nil || !c.Watch {
		return err
	}
	last := time.Now()
	return c.client().Trace(ctx, 0, func(step cluster.TraceStep) error {
		if step.Time.Before(last) || !strings.HasPrefix(step.Path, c.Path) {
			return nil
		}
		fmt.Fprintf(s.out, "\n%s  %s %s\n", step.Time.Format("15:04:05.000"), printable(step.Verb), printable(step.Subject))
		return c.print(ctx, s)
	})
}

func (c *treeCommand) print(ctx context.Context, s streams) error {
	nodes, err := c.client().TreePage(ctx, c.Path, c.page())
	if err != nil {
		return err
	}
	if c.JSON {
		printMore(s.err, nodes, "znodes")
		return printJSON(s.out, nodes.Items)
	}
	if len(nodes.Items) == 0 && c.After == "" {
		return fmt.Errorf("there is no znode %s", c.Path)
	}
	for _, n := range nodes.Items {
		fmt.Fprintln(s.out, treeLine(n, c.Path, c.Raw))
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

func printJSON(out io.Writer, v any) error {
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(control.Full(v))
}

func dash(text string) string { return or(text, "-") }

func or(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
