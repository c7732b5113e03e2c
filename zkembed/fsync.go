package zkembed

import (
	"fmt"
	"slices"
	"time"

	"oakmoot/internal/run/dirlock"
	"oakmoot/zkembed/internal/txnlog"
)

// FsyncPolicy says when a transaction is on disk.
type FsyncPolicy int

// Policies. FsyncAlways: before it is acknowledged. FsyncInterval: within a second,
// so a machine that dies may lose what it acknowledged last; a process that dies does
// not. FsyncNever: when the operating system decides.
const (
	FsyncAlways FsyncPolicy = iota
	FsyncInterval
	FsyncNever
)

// ParseFsyncPolicy reads always, interval or never.
func ParseFsyncPolicy(text string) (FsyncPolicy, error) {
	i := slices.Index([]string{"always", "interval", "never"}, text)
	if i < 0 {
		return 0, fmt.Errorf("fsync policy %q: want always, interval or never", text)
	}
	return FsyncPolicy(i), nil
}

// wait is how long a transaction may wait for its fsync.
func (p FsyncPolicy) wait() time.Duration {
	switch p {
	case FsyncInterval:
		return time.Second
	case FsyncNever:
		return txnlog.Never
	}
	return 0
}

// Errors of a data directory that cannot be used.
var (
	ErrLocked  = dirlock.ErrLocked
	ErrNewer   = txnlog.ErrNewer
	ErrDamaged = txnlog.ErrDamaged
)
