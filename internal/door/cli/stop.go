package cli

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"oakmoot/internal/door/running"
	"oakmoot/internal/door/terminal"
)

// stopCommand ends clusters that run on this machine.
type stopCommand struct {
	Which  string        `arg:"" optional:"" complete:"cluster" help:"Name of its topology, or number of its process; may be left out if only one runs."`
	All    bool          `help:"Stop all."`
	Within time.Duration `help:"How long to wait for their end." default:"30s"`
}

// Validate is kong's hook for checking flags together.
func (c *stopCommand) Validate() error {
	switch {
	case c.All && c.Which != "":
		return fmt.Errorf("--all: %s is one of them", c.Which)
	case c.Within <= 0:
		return fmt.Errorf("--within %v: the duration must be positive", c.Within)
	}
	return nil
}

// Run asks the processes to end, as an interrupt does, and waits until they have.
func (c *stopCommand) Run(ctx context.Context, s streams) error {
	registry := running.Usual()
	all, _, err := registry.List()
	if err != nil {
		return err
	}
	chosen, err := c.choose(all)
	if err != nil {
		return err
	}
	if len(chosen) == 0 {
		fmt.Fprintln(s.out, "no cluster runs on this machine")
		return nil
	}
	var failed []error
	for _, p := range chosen {
		if err := interrupt(ctx, p); err != nil {
			failed = append(failed, fmt.Errorf("%s was not asked to end: %w", called(p), err))
		}
	}
	ctx, cancel := context.WithTimeout(ctx, c.Within)
	defer cancel()
	for _, p := range chosen {
		ended := false
		terminal.While(s.err, func(taken time.Duration) string {
			return fmt.Sprintf("waiting for %s to end, for %s", printable(called(p)), terminal.Span(taken))
		}, func() { ended = awaitEnd(ctx, registry, p.PID) })
		if !ended {
			failed = append(failed, fmt.Errorf("%s still runs after %v: --within waits longer; a process that is paused or hangs has to be killed", called(p), c.Within))
			continue
		}
		fmt.Fprintf(s.out, "%s has ended\n", printable(called(p)))
	}
	return errors.Join(failed...)
}

func called(p running.Process) string {
	return fmt.Sprintf("%s (process %d, control %s)", p.Name, p.PID, p.Control)
}

// choose are the processes that are meant.
func (c *stopCommand) choose(all []running.Process) (chosen []running.Process, err error) {
	if c.All || c.Which == "" && len(all) <= 1 {
		return all, nil
	}
	var known []string
	for _, p := range all {
		if p.Name == c.Which || strconv.Itoa(p.PID) == c.Which {
			chosen = append(chosen, p)
		}
		known = append(known, fmt.Sprintf("%s (%d)", p.Name, p.PID))
	}
	switch {
	case c.Which == "":
		return nil, &badInput{fmt.Errorf("%d clusters run: which one, or --all? They are %s", len(all), strings.Join(known, ", "))}
	case len(chosen) > 1:
		return nil, &badInput{fmt.Errorf("%d clusters are called %q: give the number of the process; they are %s", len(chosen), c.Which, strings.Join(known, ", "))}
	case len(chosen) == 0 && len(all) == 0:
		return nil, fmt.Errorf("no cluster %q runs on this machine, nor any other", c.Which)
	case len(chosen) == 0:
		return nil, fmt.Errorf("no cluster %q runs on this machine; those that do are %s", c.Which, strings.Join(known, ", "))
	}
	return chosen, nil
}

// lookEvery is how often it is looked whether a process has ended.
const lookEvery = 50 * time.Millisecond

// awaitEnd reports whether the process ends before ctx does.
func awaitEnd(ctx context.Context, r running.Registry, pid int) bool {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for r.Runs(pid) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return !r.Runs(pid)
		}
	}
	return true
}
