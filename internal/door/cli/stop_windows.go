package cli

import (
	"context"
	"time"

	"oakmoot/control"
	"oakmoot/internal/door/running"
)

// interrupt asks a process to end, by its control address: there is no signal for that.
func interrupt(ctx context.Context, p running.Process) error {
	return control.Client{Address: p.Control, Token: p.Token, Limit: 10 * time.Second}.Stop(ctx)
}
