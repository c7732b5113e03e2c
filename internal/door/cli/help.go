package cli

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

// helpCommand says what commands do, as --help does.
type helpCommand struct {
	Command []string `arg:"" optional:"" complete:"command" help:"Of which command; without one, of all."`
}

// Run prints the help.
func (c *helpCommand) Run(s streams) error {
	printed := false
	parser := newParser(&commands{}, kong.Writers(s.out, s.err), kong.Exit(func(int) { printed = true }))
	node := parser.Model.Node
	for _, word := range c.Command {
		child := childOf(node, word)
		if child == nil {
			return &badInput{noSuchCommand(strings.Join(c.Command, " "), word, namesBelow(node))}
		}
		node = child
	}
	_, err := parser.Parse(append(c.Command, "--help"))
	if printed {
		return nil
	}
	return err
}

// childOf is the command of a name below another, or nil.
func childOf(n *kong.Node, name string) *kong.Node {
	for _, child := range n.Children {
		if child.Name == name {
			return child
		}
	}
	return nil
}

func noSuchCommand(all, word string, known []string) error {
	otherwise := "it has none below it"
	if len(known) > 0 {
		otherwise = "the commands are " + strings.Join(known, ", ")
	}
	return fmt.Errorf("there is no command %q; %s", all, meant(word, known, otherwise))
}
