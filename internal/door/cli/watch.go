package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"oakmoot/control"
	"oakmoot/internal/door/terminal"
)

// watched are the flags of commands that show the same thing again and again.
type watched struct {
	Watch bool          `help:"Show it again whenever it has changed, in place on a terminal, until interrupted."`
	Every time.Duration `help:"With --watch: how often to look." default:"1s"`
}

// leastEvery bounds how often a cluster is looked at.
const leastEvery = 100 * time.Millisecond

// Validate is kong's hook for checking flags together.
func (w watched) Validate() error {
	if w.Every < leastEvery {
		return fmt.Errorf("--every %v: it must be at least %v", w.Every, leastEvery)
	}
	return nil
}

// watch shows what show prints until ctx ends, or nobody answers any more. Other errors are shown as well, since they
// may pass.
func (w watched) watch(ctx context.Context, r remote, s streams, show func(*terminal.Output) error) (err error) {
	view := terminal.NewView(s.out)
	defer func() { err = errors.Join(err, view.Close()) }()
	tick := time.NewTicker(w.Every)
	defer tick.Stop()
	for {
		var text strings.Builder
		_, failed := answered(r, s, func() (struct{}, error) { return struct{}{}, show(s.out.Drawn(&text)) })
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(failed, control.ErrNoAnswer):
			return failed
		case failed != nil:
			fmt.Fprintf(&text, "\n%s\n", terminal.Bad.Text(failed.Error()))
		}
		if err := view.Show(time.Now().Format("15:04:05"), text.String()); err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}
