package cli

import (
	"context"
	"errors"
	"time"

	"oakmoot/control"
)

// pulse is how often somebody who follows a cluster asks whether it is still there: a stream in which nothing happens
// looks like that of a cluster that hangs.
const pulse = time.Second

// follow follows a stream until it ends, and meanwhile asks the cluster again and again. It says so when no answer
// comes for long, and ends when the limit for an answer is over.
func follow(ctx context.Context, r remote, s streams, ask, stream func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	asked := make(chan struct{})
	go func() {
		defer close(asked)
		cancel(untilNoAnswer(ctx, r, s, ask))
	}()
	err := stream(ctx)
	gone := context.Cause(ctx)
	cancel(nil)
	<-asked
	if errors.Is(gone, control.ErrNoAnswer) {
		return gone
	}
	return err
}

// untilNoAnswer asks until ctx ends or there has been no answer within the limit. Any answer will do, and so will a
// refusal: a process that has ended ends its stream as well.
func untilNoAnswer(ctx context.Context, r remote, s streams, ask func(context.Context) error) error {
	tick := time.NewTicker(pulse)
	defer tick.Stop()
	for {
		begin := time.Now()
		_, err := answered(r, s, func() (struct{}, error) { return struct{}{}, ask(ctx) })
		if errors.Is(err, control.ErrNoAnswer) && time.Since(begin) >= r.AnswerWithin {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}
