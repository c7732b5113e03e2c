package loop

import (
	"context"
	"time"
)

// Limits of goodbyes: how long a process that was told to end may still take. ZooKeeper
// may be out of reach, and the end of the session says the rest.
const (
	GoodbyeHTTP    = 200 * time.Millisecond // for answers under way
	GoodbyeEntry   = 300 * time.Millisecond // to withdraw an entry or two
	GoodbyeSession = time.Second            // to withdraw everything, or a candidate with what its leadership has announced
)

// Goodbye is a context for what is left to say once ctx has ended: it keeps ctx's values,
// outlives it, and ends after the limit.
func Goodbye(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), limit)
}
