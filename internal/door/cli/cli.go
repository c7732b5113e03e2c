// Package cli is oakmoot's commands. It reads arguments, runs or asks a cluster, prints, and turns the outcome into
// an exit code.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"time"

	"github.com/alecthomas/kong"

	"oakmoot/cluster"
	"oakmoot/control"
	"oakmoot/internal/door/terminal"
	"oakmoot/internal/run/build"
)

// Exit codes.
const (
	ExitOK          = 0 // all expectations held, or the request was carried out
	ExitBroken      = 1 // an expectation was broken, a step did not take place, a datasource has no row, or the request failed
	ExitBadInput    = 2 // wrong arguments or a wrong topology
	ExitUnavailable = 3 // a port, directory or ZooKeeper is not available, or no cluster answers

	ExitInterrupted = 130 // interrupted before it was ready, or twice: nothing was judged
)

// streams are where a command reads and writes.
type streams struct {
	in       io.Reader
	out, err *terminal.Output
}

// commands are the command line. It is wide because each field is a command with its
// flags.
type commands struct {
	Color       terminal.When    `help:"Colours: auto is on a terminal, unless NO_COLOR is set." enum:"auto,always,never" default:"auto"`
	ShowVersion kong.VersionFlag `name:"version" help:"Show the version, the commit, and the Go that it was built with."`

	Up         upCommand         `cmd:"" default:"withargs" help:"Run a topology until interrupted; without a file, the built-in quickstart."`
	Check      checkCommand      `cmd:"" help:"Check a topology file and report every mistake in it."`
	Status     statusCommand     `cmd:"" help:"Show leaders, nodes, segments, tasks, faults, expectations and invariants; or wait for a condition."`
	Tree       treeCommand       `cmd:"" help:"Show the znode tree with owners, versions and decoded payloads."`
	Trace      traceCommand      `cmd:"" help:"Show live protocol steps in Druid's words."`
	Fault      faultCommand      `cmd:"" help:"Inject a fault, such as 'kill coordinator@leader for 20s'; 'list' shows them, 'heal' ends them."`
	Verbs      verbsCommand      `cmd:"" help:"List what the fault language can do."`
	Conditions conditionsCommand `cmd:"" help:"List the functions of conditions."`
	Events     eventsCommand     `cmd:"" help:"List the events at which a step can happen."`
	Task       taskCommand       `cmd:"" help:"Submit, list, follow and shut down tasks."`
	Segments   segmentsCommand   `cmd:"" help:"Show which server serves which segment."`
	Query      queryCommand      `cmd:"" help:"Send a native query to the broker."`
	Museum     museumCommand     `cmd:"" help:"List real bugs of old Druids that a topology can turn on: museum = [NAME] in a [[role]]."`
	Explain    explainCommand    `cmd:"" help:"Print the causes of what a record shows, backwards: 'leader:coordinator changed'."`
	Replay     replayCommand     `cmd:"" help:"Open the page on a record: the run that is over, step by step."`
	Judge      judgeCommand      `cmd:"" help:"Judge a record by today's expectations and invariants."`
	Export     exportCommand     `cmd:"" help:"Write a record in the form of another program, such as ShiViz."`
	Seat       seatCommand       `cmd:"" help:"Print the properties with which a real Druid process takes a node's place."`
	Init       initCommand       `cmd:"" help:"Write a commented topology file to begin with."`
	Examples   examplesCommand   `cmd:"" help:"List, show and run the topologies that are in the program."`
	Ps         psCommand         `cmd:"" help:"List the clusters that run on this machine."`
	Stop       stopCommand       `cmd:"" help:"Stop clusters that run on this machine."`
	Version    versionCommand    `cmd:"" help:"Show the version, the commit, and the Go that it was built with."`
	Help       helpCommand       `cmd:"" help:"Show what a command does."`
	Completion completionCommand `cmd:"" help:"Print what has a shell complete command lines: bash, zsh or fish."`
	Complete   completeCommand   `cmd:"" hidden:"" passthrough:""`
	Zk         zkCommands        `cmd:"" help:"Run the embedded ZooKeeper server alone, or look into its data directory."`
}

// remote are the flags of the commands that talk to a running cluster.
type remote struct {
	Control string `help:"Control address of the running cluster." default:"127.0.0.1:7070" env:"OAKMOOT_CONTROL" placeholder:"HOST:PORT"`
	Token   string `help:"Token of a control address that is not loopback." env:"OAKMOOT_TOKEN"`

	AnswerWithin time.Duration `help:"How long an answer may take." default:"1m" placeholder:"1m"`
}

// Validate is kong's hook for checking flags together.
func (r remote) Validate() error {
	if _, port, err := net.SplitHostPort(r.Control); err != nil || port == "" {
		return fmt.Errorf("--control %q is not a HOST:PORT", r.Control)
	}
	if r.AnswerWithin <= 0 {
		return fmt.Errorf("--answer-within %v: the duration must be positive", r.AnswerWithin)
	}
	return nil
}

func (r remote) client() control.Client {
	return control.Client{Address: r.Control, Token: r.Token, Limit: r.AnswerWithin}
}

// answered asks the cluster, and says so when no answer comes for long. Nothing may be printed meanwhile.
func answered[T any](r remote, s streams, ask func() (T, error)) (answer T, err error) {
	terminal.While(s.err, func(taken time.Duration) string {
		return fmt.Sprintf("waiting for %s to answer, for %s", printable(r.Control), terminal.Span(taken))
	}, func() { answer, err = ask() })
	return answer, err
}

// answering is the body of an answer: whoever reads it says so when nothing comes for long.
type answering struct {
	remote
	s    streams
	body io.Reader
}

func (a answering) Read(b []byte) (int, error) {
	return answered(a.remote, a.s, func() (int, error) { return a.body.Read(b) })
}

// badInput is an error in what the caller wrote.
type badInput struct{ err error }

func (e *badInput) Error() string { return e.err.Error() }
func (e *badInput) Unwrap() error { return e.err }

// newParser returns the command line's parser.
func newParser(into *commands, options ...kong.Option) *kong.Kong {
	parser, err := kong.New(into, append(options,
		kong.Name("oakmoot"),
		kong.Vars{"version": build.This().String()},
		kong.Description("A whole Druid control plane in one process, for development, demonstrations and tests."),
		kong.UsageOnError(),
	)...)
	if err != nil {
		panic("cli: command table: " + err.Error())
	}
	return parser
}

// Run runs the command that the arguments name until it is done, or ctx ends, and returns the exit code. Once hurry
// is closed it no longer waits for the command, and only cleans up what the command would leave behind. The
// examples are the topologies that the program has with it.
func Run(ctx context.Context, hurry <-chan struct{}, examples fs.FS, args []string, in io.Reader, out, err io.Writer) int {
	stdout, stderr := terminal.New(out, terminal.Of(out, terminal.Auto)), terminal.New(err, terminal.Of(err, terminal.Auto))
	return run(ctx, hurry, samples{examples}, args, streams{in, stdout, stderr}, func(colours terminal.When) {
		stdout.Screen, stderr.Screen = terminal.Of(out, colours), terminal.Of(err, colours)
	})
}

// run is Run on streams whose colours are set once it is known when there are to be some.
func run(ctx context.Context, hurry <-chan struct{}, all samples, args []string, s streams, colour func(terminal.When)) int {
	stdout, stderr := s.out, s.err
	words := &commands{}
	exited := -1
	left := &leftovers{}
	parser := newParser(words,
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { exited = code }),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(s, left, all),
	)
	parsed, err := parser.Parse(args)
	if exited >= 0 {
		return exited // --help has been printed
	}
	if err != nil {
		fmt.Fprintf(stderr, "oakmoot: %v\n", err)
		return ExitBadInput
	}
	colour(words.Color)
	done := make(chan error, 1)
	go func() { done <- parsed.Run() }()
	select {
	case err = <-done:
	case <-hurry:
		left.remove()
		return ExitInterrupted
	}
	var told *toldError
	switch {
	case err == nil:
		return ExitOK
	case errors.As(err, &told):
		return exitCode(err)
	}
	fmt.Fprintf(stderr, "oakmoot: %v\n", err)
	if errors.Is(err, control.ErrNoAnswer) {
		fmt.Fprintln(stderr, "oakmoot: start a cluster with \"oakmoot up\", or give --control HOST:PORT")
	}
	return exitCode(err)
}

// toldError is an error that has already been reported to the caller.
type toldError struct{ error }

func (e *toldError) Unwrap() error { return e.error }

// exitCode is the exit code for an error, by the first kind in its chain.
func exitCode(err error) int {
	var topology *cluster.TopologyError
	var input *badInput
	var answer *control.AnswerError
	switch {
	case errors.Is(err, errInterrupted):
		return ExitInterrupted
	case errors.As(err, &topology), errors.As(err, &input):
		return ExitBadInput
	case errors.As(err, &answer):
		switch {
		case answer.Code == 400:
			return ExitBadInput
		case answer.Unavailable:
			return ExitUnavailable
		}
		return ExitBroken
	case errors.Is(err, cluster.ErrUnavailable), errors.Is(err, control.ErrNoAnswer), errors.Is(err, os.ErrPermission), isConnectionError(err):
		return ExitUnavailable
	}
	return ExitBroken
}
