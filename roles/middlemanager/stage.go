package middlemanager

import "context"

// start runs f as a stage of the role: under a context that keeps ctx's values
// and outlives it, until the returned function is called. That function returns
// when f has. A stage that ends by itself takes the role with it, through fail.
func start(ctx context.Context, fail context.CancelCauseFunc, f func(context.Context) error) (end func()) {
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

// verdict is what a role came to: nil when its caller ended it; else the error of
// the stage that ended ctx, or err.
func verdict(caller, ctx context.Context, err error) error {
	switch {
	case caller.Err() != nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return err
}
