package cli

import (
	"fmt"
	"io"

	"oakmoot/cluster"
)

// paged are the flags of commands that print a list page by page.
type paged struct {
	Limit int    `help:"How many are printed at most." default:"1000"`
	After string `help:"Print what comes behind this one." placeholder:"KEY"`
}

// Validate is kong's hook for checking flags together.
func (p paged) Validate() error { return checkLimit(p.Limit) }

func checkLimit(limit int) error {
	if limit < 1 {
		return fmt.Errorf("--limit %d: it must be at least 1", limit)
	}
	return nil
}

func (p paged) page() cluster.Page { return cluster.Page{After: p.After, Limit: p.Limit} }

// printMore says how much of a list was left out; shown is where the printed page ends.
func printMore[T any](w io.Writer, l cluster.Listing[T], what string) {
	if l.Next == "" {
		return
	}
	of := "there are more"
	if l.Total >= 0 {
		of = fmt.Sprintf("%d of %d %s", len(l.Items), l.Total, what)
	}
	fmt.Fprintf(w, "… %s; go on with --after '%s'\n", of, printable(l.Next))
}

// printCut says how many lines of a table were left out.
func printCut(w io.Writer, shown, total int, what string) {
	if total > shown {
		fmt.Fprintf(w, "… and %d more %s\n", total-shown, what)
	}
}
