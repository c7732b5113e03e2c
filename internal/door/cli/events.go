package cli

import "oakmoot/internal/stage/scenario"

// eventsCommand lists the events at which a step of a topology can happen.
type eventsCommand struct {
	JSON bool `help:"Print as JSON."`
}

// Run prints an event per line.
func (c *eventsCommand) Run(s streams) error {
	words := []languageWord{}
	for _, t := range scenario.Triggers {
		words = append(words, languageWord{Name: t.Name, Usage: t.Usage(), Events: t.Events, Does: t.Does})
	}
	return printWords(s, c.JSON, words)
}

// Help is kong's hook for what --help adds.
func (c *eventsCommand) Help() string {
	return "A step happens \"when\" one of these does, or when a condition comes to hold: when = \"queued() > 10\"."
}
