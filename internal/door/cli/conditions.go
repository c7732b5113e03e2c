package cli

import "oakmoot/internal/stage/scenario"

// conditionsCommand lists the functions of which conditions are made.
type conditionsCommand struct {
	JSON bool `help:"Print as JSON."`
}

// languageWord is a function or an event for programs.
type languageWord struct {
	Name   string   `json:"name"`
	Usage  string   `json:"usage"`
	Events []string `json:"events,omitempty"`
	Does   string   `json:"does"`
}

// Run prints a function per line.
func (c *conditionsCommand) Run(s streams) error {
	words := []languageWord{}
	for _, f := range scenario.Functions {
		words = append(words, languageWord{Name: f.Name, Usage: f.Usage(), Does: f.Does})
	}
	return printWords(s, c.JSON, words)
}

// Help is kong's hook for what --help adds.
func (c *conditionsCommand) Help() string {
	return "Each function is a number. Compare numbers with == != < <= > >=, calculate with + - *, and join comparisons with and, or, " +
		"not and parentheses: \"replicas(flights) == 2 * used(flights) and queued() == 0\". Lengths of time may be compared, too: " +
		"\"failover(coordinator) < 1.5x session_timeout\"."
}

func printWords(s streams, asJSON bool, words []languageWord) error {
	if asJSON {
		return printJSON(s.out, words)
	}
	return writeWords(s.out, func(row func(usage, does string)) {
		for _, w := range words {
			row(w.Usage, w.Does)
		}
	})
}
