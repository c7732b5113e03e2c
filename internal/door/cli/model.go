package cli

import (
	"io"

	"github.com/alecthomas/kong"
)

// Model is the command line as data: every command with its arguments and flags. The
// reference is written from it.
func Model() *kong.Application { return newParser(&commands{}).Model }

// Parse says what is wrong with a command line, without carrying it out. Asking for help
// is nothing wrong.
func Parse(args []string) error {
	asked := false
	parser := newParser(&commands{}, kong.Exit(func(int) { asked = true }), kong.Writers(io.Discard, io.Discard))
	_, err := parser.Parse(args)
	if asked {
		return nil
	}
	return err
}
