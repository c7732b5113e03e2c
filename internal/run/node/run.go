package node

import (
	"context"
	"errors"
	"fmt"

	"oakmoot/internal/zk/zkconn"
)

// Run is the life of every role: a session of ZooKeeper that serve works with, and
// that is closed once serve has returned. fail, which [Stage] takes, ends serve's
// ctx.
//
// Run returns nil when its caller ended it; else the error that fail was called
// with, or serve's own. Stages that are ended because of serve's error call fail
// too, but have nothing to say.
func Run(caller context.Context, env Env, serve func(ctx context.Context, fail context.CancelCauseFunc, zc zkconn.Conn) error) error {
	ctx, fail := context.WithCancelCause(caller)
	defer fail(nil)
	zc, err := env.Open(ctx)
	if err != nil {
		return verdict(caller, ctx, fmt.Errorf("open ZooKeeper: %w", err))
	}
	defer zc.Close()
	return verdict(caller, ctx, serve(ctx, fail, zc))
}

// verdict is what a role came to that ended with err.
func verdict(caller, ctx context.Context, err error) error {
	if caller.Err() != nil {
		return nil
	}
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return err
}
