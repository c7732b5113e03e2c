package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// templates are what init can write: names of examples.
var templates = map[string]string{"quickstart": "quickstart", "failover": "coordinator-failover", "tiers": "tiers", "chaos": "chaos"}

// initCommand writes a topology file to begin with.
type initCommand struct {
	Template string `arg:"" optional:"" enum:"quickstart,failover,tiers,chaos" default:"quickstart" help:"What it begins with: quickstart, failover, tiers or chaos."`
	File     string `arg:"" optional:"" complete:"topology" help:"The file; without it TEMPLATE.toml, and - is standard output."`
}

// Run writes the file, unless there is one.
func (c *initCommand) Run(s streams, all samples) error {
	text, err := all.read(templates[c.Template])
	if err != nil {
		return err
	}
	file := or(c.File, c.Template+topologyExt)
	text = forFile(text, templates[c.Template], file)
	if file == "-" {
		_, err := io.WriteString(s.out, text)
		return err
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if errors.Is(err, os.ErrExist) {
		return &badInput{fmt.Errorf("%s is there already, and is not overwritten", file)}
	}
	if err != nil {
		return &badInput{err}
	}
	_, err = io.WriteString(f, text)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%s is written; to run it: %s up %s\n", file, program(), quoted(file))
	return nil
}

// forFile is an example's text with the commands in its comment as they are for the file.
func forFile(text, example, file string) string {
	if file == "-" {
		file = example + topologyExt
	}
	file = quoted(filepath.ToSlash(file))
	program := program()
	return strings.NewReplacer(
		"go run . up examples/"+example+topologyExt, program+" up "+file,
		"examples/"+example+topologyExt, file,
		"go run .                                   # this", program+" up "+file,
		"go run .", program,
		"# What runs if no file is given: every role", "# Every role",
	).Replace(text)
}
