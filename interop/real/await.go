//go:build interop

package real

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// poll is how often a process is asked whether it is up.
const poll = 100 * time.Millisecond

// await asks until the answer is nil, the process has ended, or ctx has.
func (p *Process) await(ctx context.Context, ask func(context.Context) error) error {
	for {
		err := ask(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			return p.ended()
		case <-ctx.Done():
			return fmt.Errorf("%s: %w (%w)", p.Name, err, ctx.Err())
		case <-time.After(poll):
		}
	}
}

// Says waits until the process has written a line.
func (p *Process) Says(ctx context.Context, line string) error {
	return p.await(ctx, func(context.Context) error {
		if !slices.Contains(strings.Split(p.Log(), "\n"), line) {
			return fmt.Errorf("it has not said %q", line)
		}
		return nil
	})
}

// healthy asks a Druid process whether it serves.
func (p *Process) healthy(ctx context.Context) error { return p.answers(ctx, "/status/health") }

// answers asks whether the process answers a request with 200.
func (p *Process) answers(ctx context.Context, path string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.Host+path, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body) // so that the connection can be reused
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", path, resp.Status)
	}
	return nil
}
