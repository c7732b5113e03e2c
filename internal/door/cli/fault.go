package cli

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"oakmoot/cluster"
	"oakmoot/internal/door/terminal"
	"oakmoot/internal/stage/scenario"
)

// faultCommand injects, lists and heals faults.
type faultCommand struct {
	remote
	Expression []string `arg:"" complete:"fault" help:"For example 'kill coordinator@leader for 20s'; 'list'; 'heal'; 'heal ID'."`
}

// Help is kong's hook for what --help adds: the language in short.
func (c *faultCommand) Help() string {
	var b strings.Builder
	b.WriteString("An expression is a verb, whom it is done to, and clauses:\n\n")
	for _, v := range scenario.Verbs {
		b.WriteString("    " + v.Usage() + "\n")
	}
	b.WriteString("\nA selector picks nodes:\n\n")
	for _, form := range scenario.SelectorForms {
		fmt.Fprintf(&b, "    %-26s %s\n", form[0], form[1])
	}
	b.WriteString("\nA span is a length of time: 500ms, 1m30s, or 1.5x session_timeout.\n\n" +
		"\"oakmoot verbs\" says what each verb does, \"oakmoot verbs VERB\" what its clauses mean, \"oakmoot conditions\" and \"oakmoot events\" " +
		"what the steps and expectations of a topology are made of.")
	return b.String()
}

// Run carries out the expression and prints which nodes it affected.
func (c *faultCommand) Run(ctx context.Context, s streams) error {
	expression := strings.Join(c.Expression, " ")
	if expression == "list" {
		return c.list(ctx, s)
	}
	f, err := answered(c.remote, s, func() (cluster.Fault, error) { return c.client().Fault(ctx, expression) })
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%s  %s → %s\n", dash(f.ID), printable(f.Do), dash(cmp.Or(f.Made, strings.Join(f.Nodes, ", "))))
	return nil
}

func (c *faultCommand) list(ctx context.Context, s streams) error {
	out := s.out
	st, err := answered(c.remote, s, func() (cluster.Status, error) { return c.client().Status(ctx) })
	if err != nil {
		return err
	}
	if len(st.Faults) == 0 {
		fmt.Fprintln(out, "no fault is armed")
		return nil
	}
	w := terminal.NewTable(out)
	fmt.Fprint(w, header("ID", "FAULT", "NODES", "SINCE", "UNTIL"))
	for _, f := range st.Faults {
		until := "healed"
		if !f.Until.IsZero() {
			until = f.Until.Format("15:04:05")
		}
		fmt.Fprint(w, cells(f.ID, f.Do, strings.Join(f.Nodes, ", "), f.Since.Format("15:04:05"), until))
	}
	return w.Flush()
}
