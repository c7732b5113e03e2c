package loop

import (
	"context"
	"time"

	"oakmoot/internal/run/clock"
)

// Sleep waits for d and returns nil. If ctx ends first, or has ended already, it returns ctx's error. What belongs to a
// process sleeps by its clock instead.
func Sleep(ctx context.Context, d time.Duration) error {
	var none *clock.Clock
	return none.Sleep(ctx, d)
}
