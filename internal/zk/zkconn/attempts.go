package zkconn

import (
	"context"
	"time"

	"oakmoot/internal/run/loop"
)

// attempts paces the connections that come to nothing: those on which the server hangs
// up before it has granted a session, or at once after it. A server does that to whoever
// has seen a later zxid than its own, because it came back empty or from an older copy,
// or has too many connections. The real client would try again without pause; Java's
// sleeps for up to a second: ClientCnxn.SendThread. It is owned by the real client's loop.
type attempts struct {
	jitter func() float64
	n      int   // since a connection that lasted
	last   *wire // the latest connection; nil before the first
}

// The first attempts are made at once: a connection that broke is made again, and a
// session that has expired is followed by a new one. From then on each pause is longer
// than the one before, up to a limit.
const (
	attemptsAtOnce   = 2
	attemptPause     = 100 * time.Millisecond
	attemptPauseMost = time.Second
)

// await waits for as long as the next attempt has to, or until ctx ends.
func (a *attempts) await(ctx context.Context) {
	if a.last != nil && a.last.lasted() {
		a.n = 0
	}
	a.n++
	pause := pauseBefore(a.n, a.jitter)
	if pause == 0 {
		return
	}
	_ = loop.Sleep(ctx, pause) // the dial looks at ctx
}

// pauseBefore is how long the nth attempt in a row waits: at least half of what is its
// turn, so that clients which were refused together do not come back together.
func pauseBefore(n int, jitter func() float64) time.Duration {
	if n <= attemptsAtOnce {
		return 0
	}
	most := attemptPauseMost
	if doublings := n - attemptsAtOnce - 1; doublings < 10 {
		most = min(most, attemptPause<<doublings)
	}
	return most/2 + time.Duration(jitter()*float64(most/2))
}
