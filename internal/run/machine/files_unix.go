//go:build unix

package machine

import (
	"math"
	"os"

	"golang.org/x/sys/unix"
)

// files is the limit, ulimit -n, without those that are open. A Go program has raised the
// soft limit to the hard one.
func files() int64 {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return Unknown
	}
	open, err := os.ReadDir("/dev/fd")
	if err != nil {
		open = nil // a few; the limit is still the limit
	}
	if uint64(limit.Cur) > math.MaxInt64 { // no limit
		return math.MaxInt64
	}
	return max(0, int64(limit.Cur)-int64(len(open)))
}
