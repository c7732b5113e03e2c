package node

import "context"

// Stage runs f as a part of a role's life: under a context that keeps ctx's
// values and outlives it, until the returned end is called. end returns when f
// has. A stage that ends by itself takes the role with it, through fail.
//
// Stages that are deferred one after the other end in the reverse of their
// order, as Druid's lifecycle does.
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
