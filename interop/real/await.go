//go:build interop

package real

import (
	"context"
	"fmt"
	"io"
	"net/http"
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
			return fmt.Errorf("%s is not up: %w (%w)", p.Name, err, ctx.Err())
		case <-time.After(poll):
		}
	}
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
