package node

import (
	"context"
	"errors"
	"fmt"

	"oakmoot/internal/zk/zkconn"
)

// Run is the life of every role: serve works with a ZooKeeper session, which is closed once serve has returned. fail,
// which [Stage] takes, ends serve's ctx.
//
// Run returns nil if its caller ended it; otherwise the error that fail was called with, or serve's own. Stages that
// end because of serve's error also call fail, but their errors do not count.
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

// verdict is the result of a role that ended with err.
func verdict(caller, ctx context.Context, err error) error {
	if caller.Err() != nil {
		return nil
	}
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return err
}
