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
}

// Run prints the state, if asked to only after a condition has come true.
func (c *statusCommand) Run(ctx context.Context, s streams) error {
	if c.Wait != nil { // an empty one is a mistake, not a missing one
		if err := c.client().Wait(ctx, *c.Wait, c.Timeout); err != nil {
			return fmt.Errorf("wait: %w", err)
		}
	}
	st, err := c.client().Status(ctx)
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
	printRemarks(w, st.Nodes)
	fmt.Fprintf(w, "\nSERVER\tTYPE\tTIER\tSEGMENTS\tBYTES\n")
	for _, sv := range st.Segments {
		fmt.Fprint(w, cells(serverOf(sv), sv.Type, sv.Tier, fmt.Sprint(len(sv.SegmentIDs)), fmt.Sprint(sv.Size)))
	}
	fmt.Fprintf(w, "\nDATASOURCE\tUSED\tSERVED\n")
	for _, ds := range sortedKeys(st.Used) {
		fmt.Fprint(w, cells(ds, fmt.Sprint(st.Used[ds]), fmt.Sprint(st.Served[ds])))
	}
	fmt.Fprintf(w, "\nTASK\tTYPE\tSTATUS\tWORKER\n")
	for _, t := range st.Tasks {
		fmt.Fprint(w, cells(t.ID, t.Type, t.Status, dash(t.Worker)))
	}
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
	JSON bool `help:"Print as JSON."`
}

// Run prints a line per segment and server.
func (c *segmentsCommand) Run(ctx context.Context, s streams) error {
	st, err := c.client().Status(ctx)
	if err = cmp.Or(err, away(st)); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(s.out, st.Segments)
	}
	w := tabwriter.NewWriter(s.out, 0, 8, 2, ' ', 0)
	fmt.Fprintf(w, "SEGMENT\tSERVED BY\n")
	for id, servers := range serversBySegment(st.Segments) {
		fmt.Fprint(w, cells(id, strings.Join(servers, ", ")))
	}
	return w.Flush()
}

// serversBySegment yields segments in order of id.
func serversBySegment(all []cluster.ServedSegments) func(func(string, []string) bool) {
	servers := map[string][]string{}
	for _, sv := range all {
		for _, id := range sv.SegmentIDs {
			servers[id] = append(servers[id], serverOf(sv))
		}
	}
	return func(yield func(string, []string) bool) {
		for _, id := range sortedKeys(servers) {
			slices.Sort(servers[id])
			if !yield(id, servers[id]) {
				return
			}
		}
	}
}

// treeCommand shows znodes.
type treeCommand struct {
	remote
	Path  string `arg:"" optional:"" default:"/" help:"Where to start."`
	Raw   bool   `help:"Print payloads as stored, gzip included, in Go's quoting."`
	Watch bool   `help:"Print again whenever something changes."`
	JSON  bool   `help:"Print as JSON."`
}

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
	nodes, err := c.client().Tree(ctx, c.Path)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(s.out, nodes)
	}
	if len(nodes) == 0 {
		return fmt.Errorf("there is no znode %s", c.Path)
	}
	for _, n := range nodes {
		fmt.Fprintln(s.out, treeLine(n, c.Path, c.Raw))
	}
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
