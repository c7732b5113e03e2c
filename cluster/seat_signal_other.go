//go:build !unix

package cluster

import (
	"errors"
	"runtime"
)

// send refuses: check has said so.
func send(int, string) error { return errors.New(runtime.GOOS + " has no signals") }
