//go:build unix

package cluster

import (
	"errors"
	"syscall"
)

var numbers = map[string]syscall.Signal{"SIGKILL": syscall.SIGKILL, "SIGTERM": syscall.SIGTERM, "SIGSTOP": syscall.SIGSTOP, "SIGCONT": syscall.SIGCONT}

// send sends a process a signal.
func send(pid int, signal string) error {
	err := syscall.Kill(pid, numbers[signal])
	if errors.Is(err, syscall.ESRCH) {
		return errGone
	}
	return err
}
