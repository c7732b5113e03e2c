package zkconn

import (
	"context"
	"time"

	"oakmoot/internal/run/loop"
)

// attempts paces reconnecting after connections that came to nothing: the server hung
// up before it granted a session, or right after. A server does that to a client that
// has seen a later zxid than its own, because it came back empty or from an older copy,
// or when there are too many connections. The real client would retry without a pause;
// Java's sleeps for up to a second: ClientCnxn.SendThread. The real client's loop owns
// it.
type attempts struct {
	jitter func() float64
	n      int   // since a connection that lasted
	last   *wire // the latest connection; nil before the first
}

// The first attempts are made at once: a broken connection is replaced, and an expired
// session is followed by a new one. After that each pause is longer than the last, up
// to a limit.
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

// pauseBefore is how long the nth attempt in a row waits: at least half of its full
// pause, and random, so that clients that were refused together do not return together.
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
