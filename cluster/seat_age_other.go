//go:build !linux

package cluster

import "time"

// beganAt is when a process began, which is asked of Linux only.
func beganAt(int) (time.Time, error) { return time.Time{}, errUnknownAge }
