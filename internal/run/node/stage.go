package node

import "context"

// Stage runs f as part of a role's life, under a context that keeps ctx's values and outlives it until the returned
// end is called. end returns once f has. A stage that ends by itself takes the role down with it, through fail.
//
// Stages that are deferred one after another end in reverse order, as in Druid's lifecycle.
func Stage(ctx context.Context, fail context.CancelCauseFunc, f func(context.Context) error) (end func()) {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		fail(f(ctx))
	}()
	return func() {
		stop()
		<-done
	}
}
