package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"oakmoot/cluster"
	"oakmoot/internal/door/terminal"
)

// statusCommand shows the cluster's state, or waits for a condition.
type statusCommand struct {
	remote
	JSON    bool          `help:"Print the whole state as JSON."`
	Wait    *string       `complete:"condition" help:"Wait until this holds, for example 'leaders(coordinator) == 1'." placeholder:"EXPR"`
	Timeout time.Duration `help:"How long to wait." default:"30s"`
	Limit   int           `help:"How many nodes, servers, tasks, and segments of each server are shown at most." default:"100"`
	Wide    bool          `help:"Print whole cells, however wide the terminal."`
	watched
}

// Validate is kong's hook for checking flags together.
func (c *statusCommand) Validate() error {
	return cmp.Or(c.remote.Validate(), checkLimit(c.Limit), c.watched.Validate())
}

// Run prints the state, if asked to only after a condition has come true, and again whenever it has changed.
func (c *statusCommand) Run(ctx context.Context, s streams) error {
	if c.Wait != nil { // an empty one is a mistake, not a missing one
		if err := c.await(ctx, s); err != nil {
			return fmt.Errorf("wait: %w", err)
		}
	}
	if c.Watch {
		return c.watch(ctx, c.remote, s, func(out *terminal.Output) error { return c.print(ctx, out) })
	}
	st, err := answered(c.remote, s, func() (cluster.Status, error) { return c.client().StatusOf(ctx, c.Limit) })
	return c.show(st, s.out, err)
}

// await waits for the condition, and says so when that takes long.
func (c *statusCommand) await(ctx context.Context, s streams) (err error) {
	wait := func() { err = c.client().Wait(ctx, *c.Wait, c.Timeout) }
	if c.JSON {
		wait()
		return err
	}
	terminal.While(s.err, func(taken time.Duration) string {
		return fmt.Sprintf("waiting for %s, for %s of %s", printable(*c.Wait), terminal.Span(taken), terminal.Span(c.Timeout))
	}, wait)
	return err
}

func (c *statusCommand) print(ctx context.Context, out *terminal.Output) error {
	st, err := c.client().StatusOf(ctx, c.Limit)
	return c.show(st, out, err)
}

// show prints a state, unless there is none.
func (c *statusCommand) show(st cluster.Status, out *terminal.Output, err error) error {
	if err != nil {
		return err
	}
	if c.JSON {
		err = printJSON(out, st)
	} else {
		err = printStatus(out, st, c.Wide)
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

// table is a table that fits the screen, or if it is to be wide takes what it needs.
func table(out *terminal.Output, wide bool) *terminal.Table {
	if wide {
		return terminal.NewList(out)
	}
	return terminal.NewTable(out)
}

// nodeState is a node's state in the colour that it has.
func nodeState(n cluster.Node) string {
	switch text := stateOf(n); n.State {
	case "up", "present":
		return terminal.Good.Text(text)
	case "starting", "paused":
		return terminal.Warn.Text(text)
	default:
		return terminal.Bad.Text(text)
	}
}

func printStatus(out *terminal.Output, st cluster.Status, wide bool) error {
	w := table(out, wide)
	fmt.Fprint(w, header("NODE", "KIND", "HOST", "STATE", "SESSION", "FAULTS"))
	for _, n := range st.Nodes {
		name := printable(n.Name)
		if n.Leader {
			name = terminal.Leader.Text(n.Name + " *")
		}
		faults := "-"
		if len(n.Faults) > 0 {
			faults = terminal.Warn.Text(strings.Join(n.Faults, ", "))
		}
		fmt.Fprint(w, row(name, printable(n.Kind), printable(dash(n.Host)), nodeState(n), printable(dash(n.Session)), faults))
	}
	printCut(w, len(st.Nodes), st.Total.Nodes, "nodes")
	printRemarks(w, st.Nodes)
	fmt.Fprint(w, "\n", header("SERVER", "TYPE", "TIER", "SEGMENTS", "BYTES"))
	for _, sv := range st.Segments {
		fmt.Fprint(w, cells(serverOf(sv), sv.Type, sv.Tier, fmt.Sprint(sv.Count), fmt.Sprint(sv.Size)))
	}
	printCut(w, len(st.Segments), st.Total.Servers, "servers")
	fmt.Fprint(w, "\n", header("DATASOURCE", "USED", "SERVED"))
	for _, ds := range sortedKeys(st.Used) {
		fmt.Fprint(w, cells(ds, fmt.Sprint(st.Used[ds]), fmt.Sprint(st.Served[ds])))
	}
	fmt.Fprint(w, "\n", header("TASK", "TYPE", "STATUS", "WORKER"))
	for _, t := range st.Tasks {
		fmt.Fprint(w, row(printable(t.ID), printable(t.Type), taskState(t.Status), printable(dash(t.Worker))))
	}
	printCut(w, len(st.Tasks), st.Total.Tasks, "tasks")
	for _, row := range st.Unreadable {
		fmt.Fprintf(w, "\nunreadable row, left out\t%q\n", row) // it may contain anything
	}
	for _, f := range st.Faults {
		fmt.Fprint(w, "\n", row(terminal.Warn.Text("fault "+f.ID), printable(f.Do), printable(strings.Join(f.Nodes, ", "))))
	}
	for _, e := range st.Expects {
		fmt.Fprint(w, "\n", row("expect", printable(e.Text), verdictWord(e.State)+" "+printable(e.Why)))
	}
	if len(st.Invariants) > 0 {
		fmt.Fprintln(w)
	}
	writeInvariantStates(w, st.Invariants, func(i cluster.Invariant) bool { return i.State == "broken" })
	return w.Flush()
}

// taskState is a task's status in the colour that it has.
func taskState(status string) string {
	switch status {
	case "SUCCESS":
		return terminal.Good.Text(status)
	case "FAILED":
		return terminal.Bad.Text(status)
	}
	return printable(status)
}
