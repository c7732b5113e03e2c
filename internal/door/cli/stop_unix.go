//go:build !windows

package cli

import (
	"context"
	"syscall"

	"oakmoot/internal/door/running"
)

// interrupt asks a process to end.
func interrupt(_ context.Context, p running.Process) error {
	return syscall.Kill(p.PID, syscall.SIGTERM)
}
