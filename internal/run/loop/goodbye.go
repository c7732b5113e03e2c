package loop

import (
	"context"
	"time"
)

// Limits of goodbyes: how long a process that was told to stop may still take. ZooKeeper may be out of reach; the end
// of the session does the rest.
const (
	GoodbyeHTTP    = 200 * time.Millisecond // for requests in progress
	GoodbyeEntry   = 300 * time.Millisecond // to withdraw one or two entries
	GoodbyeSession = time.Second            // to withdraw everything, or a candidate and what its leadership has announced

	Goodbyes = GoodbyeHTTP + GoodbyeEntry + GoodbyeSession // altogether
)

// Goodbye is a context for what is left to do once ctx has ended: it keeps ctx's values, outlives it, and ends after
// the limit.
func Goodbye(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), limit)
}
