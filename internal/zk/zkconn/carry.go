package zkconn

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/go-zookeeper/zk"
)

// Druid's retry policy: BoundedExponentialBackoffRetry as CuratorModule configures it.
const (
	retryBase  = time.Second
	retryCap   = 45 * time.Second
	retryLimit = 29
)

// outcome is what an operation has come to.
type outcome[T any] struct {
	value T
	err   error
}

// result carries out an operation, again while the connection is lost, until ctx ends.
func result[T any](ctx context.Context, c *client, op, path string, f func(*session) (T, error)) (none T, err error) {
	if len(path) > longPath {
		return none, &Error{op, path, errLongPath}
	}
	for try := 0; ; try++ {
		value, err := attempt(ctx, c, f)
		switch {
		case err == nil:
			return value, nil
		case c.closed.Load():
			return none, &Error{op, path, ErrClosed}
		case ctx.Err() != nil:
			return none, &Error{op, path, ctx.Err()}
		case !lost(err) || try == retryLimit:
			if sentinel, ok := sentinels[err]; ok {
				err = sentinel
			}
			return none, &Error{op, path, err}
		}
		c.pause(ctx, try)
	}
}

// do is result for an operation without one.
func (c *client) do(ctx context.Context, op, path string, f func(*session) error) error {
	_, err := result(ctx, c, op, path, func(s *session) (struct{}, error) { return struct{}{}, f(s) })
	return err
}

// onItsWay is how long to wait for an abandoned operation: long enough for it to have
// reached the connection, which keeps its requests in order. Otherwise a node's
// creation could end up after its deletion.
const onItsWay = 100 * time.Millisecond

// attempt runs f, which takes no context, and stops waiting for it a moment after
// ctx has ended. It takes the session before it looks at ctx, which may be bound to that
// session: one that has not ended by then is of this session, or of none.
func attempt[T any](ctx context.Context, c *client, f func(*session) (T, error)) (none T, err error) {
	s := c.session.Load()
	if err := ctx.Err(); err != nil {
		return none, err
	}
	done := make(chan outcome[T], 1)
	c.hands.take(c.ctx, func() {
		value, err := f(s)
		done <- outcome[T]{value, err}
	})
	select {
	case o := <-done:
		return o.value, o.err
	case <-c.ctx.Done():
		return none, zk.ErrClosing
	case <-ctx.Done():
	}
	select {
	case o := <-done:
		return o.value, o.err
	case <-c.ctx.Done():
		return none, zk.ErrClosing
	case <-time.After(onItsWay):
		return none, ctx.Err()
	}
}

// pause waits before a retry: until there is a session again, or for as long as the
// policy says.
func (c *client) pause(ctx context.Context, try int) {
	wait := retryBase * time.Duration(max(1, rand.IntN(1<<min(try+1, 20))))
	timer := time.NewTimer(min(wait, retryCap))
	defer timer.Stop()
	select {
	case <-c.states.up():
	case <-timer.C:
	case <-ctx.Done():
	case <-c.ctx.Done():
	}
}

// hands are goroutines that wait for the real client's answers. One that has nothing to do
// stays for a moment: a new one has to grow its stack first, which takes as long as the
// operation.
type hands struct {
	free chan func() // to those that have nothing to do
}

// handsRest is how long a goroutine stays.
const handsRest = 100 * time.Millisecond

// take runs f on a goroutine that is free, or on a new one.
func (h hands) take(ctx context.Context, f func()) {
	select {
	case h.free <- f:
	default:
		go h.work(ctx, f)
	}
}

// work runs f, and what comes until nothing does, or ctx has ended.
func (h hands) work(ctx context.Context, f func()) {
	rest := time.NewTimer(handsRest)
	defer rest.Stop()
	for {
		f()
		rest.Reset(handsRest)
		select {
		case f = <-h.free:
		case <-rest.C:
			return
		case <-ctx.Done():
			return
		}
	}
}
