package cli

import (
	"fmt"
	"strings"

	"oakmoot/internal/door/terminal"
	"oakmoot/internal/stage/scenario"
)

// verbsCommand lists what the fault language can do.
type verbsCommand struct {
	Name string `arg:"" optional:"" complete:"verb" help:"One verb, with what each of its clauses means."`
	JSON bool   `help:"Print as JSON."`
}

// verbWord is a verb for programs.
type verbWord struct {
	Name    string       `json:"name"`
	Usage   string       `json:"usage"`
	Does    string       `json:"does"`
	Clauses []clauseWord `json:"clauses"`
}

type clauseWord struct {
	Name  string `json:"name"`
	Takes string `json:"takes"`
	Does  string `json:"does"`
}

// Run prints a verb per line, or one verb and its clauses.
func (c *verbsCommand) Run(s streams) error {
	verbs := scenario.Verbs
	if c.Name != "" {
		v, known := scenario.FindVerb(c.Name)
		if !known {
			return &badInput{fmt.Errorf("unknown verb %q; %s", c.Name, meant(c.Name, scenario.VerbNames(), "oakmoot verbs lists them"))}
		}
		verbs = []scenario.Verb{v}
	}
	if c.JSON {
		words := []verbWord{}
		for _, v := range verbs {
			words = append(words, verbWord{v.Name, v.Usage(), v.Does, clausesOf(v)})
		}
		return printJSON(s.out, words)
	}
	if c.Name == "" {
		return writeWords(s.out, func(row func(usage, does string)) {
			for _, v := range verbs {
				row(v.Usage(), v.Does)
			}
		})
	}
	head := terminal.NewGlossary(s.out)
	fmt.Fprintf(head, "%s\n\t%s\n", verbs[0].Usage(), verbs[0].Does)
	if err := head.Flush(); err != nil {
		return err
	}
	return writeWords(s.out, func(row func(usage, does string)) {
		for _, clause := range clausesOf(verbs[0]) {
			row("  "+clause.Name+" "+clause.Takes, clause.Does)
		}
	})
}

// clausesOf are the clauses that a verb takes, in the order in which they are written.
func clausesOf(v scenario.Verb) []clauseWord {
	clauses := []clauseWord{}
	for _, c := range scenario.Clauses {
		if v.Takes(c.Word) {
			clauses = append(clauses, clauseWord{c.Word, c.Takes, c.Does})
		}
	}
	return clauses
}

// meant asks whether the known word that a mistyped one is near to was meant; otherwise is for one that is near to none.
func meant(word string, known []string, otherwise string) string {
	if near := scenario.Nearest(word, known); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return otherwise
}

// widestUsage is the longest usage whose sentence stands beside it in a column.
const widestUsage = 60

// writeWords writes words of the language one per line: how each is written, and what it means. A word that is long
// itself does not widen the column of the others.
func writeWords(out *terminal.Output, rows func(row func(usage, does string))) error {
	w := terminal.NewGlossary(out)
	rows(func(usage, does string) {
		separator := "\t"
		if len(usage) > widestUsage {
			separator = "  "
		}
		fmt.Fprintln(w, strings.Join([]string{usage, does}, separator))
	})
	return w.Flush()
}
