package zkconn

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/go-zookeeper/zk"
)

// Druid's retry policy: BoundedExponentialBackoffRetry as CuratorModule configures it.
const (
	retryBase  = time.Second
	retryCap   = 45 * time.Second
	retryLimit = 29
)

// do carries out an operation, again while the connection is lost, until ctx ends.
func (c *client) do(ctx context.Context, op, path string, f func(*session) error) error {
	if len(path) > longPath {
		return &Error{op, path, errLongPath}
	}
	for try := 0; ; try++ {
		err := c.attempt(ctx, f)
		switch {
		case err == nil:
			return nil
		case c.closed.Load():
			return &Error{op, path, ErrClosed}
		case ctx.Err() != nil:
			return &Error{op, path, ctx.Err()}
		case !lost(err) || try == retryLimit:
			if sentinel, ok := sentinels[err]; ok {
				err = sentinel
			}
			return &Error{op, path, err}
		}
		c.pause(ctx, try)
	}
}

// onItsWay is how long to wait for an abandoned operation: long enough for it to have
// reached the connection, which keeps its requests in order. Otherwise a node's
// creation could end up after its deletion.
const onItsWay = 100 * time.Millisecond

// attempt runs f, which takes no context, and stops waiting for it a moment after
// ctx has ended. It takes the session before it looks at ctx, which may be bound to that
// session: one that has not ended by then is of this session, or of none.
func (c *client) attempt(ctx context.Context, f func(*session) error) error {
	s := c.session.Load()
	if err := ctx.Err(); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- f(s) }()
	select {
	case err := <-done:
		return err
	case <-c.ctx.Done():
		return zk.ErrClosing
	case <-ctx.Done():
	}
	select {
	case err := <-done:
		return err
	case <-c.ctx.Done():
		return zk.ErrClosing
	case <-time.After(onItsWay):
		return ctx.Err()
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

func (c *client) full(path string) string {
	if c.opts.Chroot == "" {
		return path
	}
	return strings.TrimSuffix(c.opts.Chroot+path, "/")
}

func (c *client) bare(path string) string {
	if path = strings.TrimPrefix(path, c.opts.Chroot); path == "" {
		return "/"
	}
	return path
}

// Create implements Conn.
func (c *client) Create(ctx context.Context, path string, data []byte, mode Mode) (string, error) {
	if data == nil {
		data = []byte{} // Java writes an empty node rather than one without data
	}
	return result(ctx, c, "create", path, func(s *session) (string, error) {
		data, giveBack := s.buffers.ticket(data)
		defer giveBack()
		created, err := s.zk.Create(c.full(path), data, int32(mode), zk.WorldACL(zk.PermAll))
		return c.bare(created), err
	})
}

// CreateParents implements Conn.
func (c *client) CreateParents(ctx context.Context, path string, data []byte, mode Mode) (string, error) {
	created, err := c.Create(ctx, path, data, mode)
	if !errors.Is(err, ErrNoNode) {
		return created, err
	}
	for i := 1; i < len(path); i++ {
		if path[i] != '/' {
			continue
		}
		if _, err := c.Create(ctx, path[:i], nil, Persistent); err != nil && !errors.Is(err, ErrNodeExists) {
			return "", err
		}
	}
	return c.Create(ctx, path, data, mode)
}

// Delete implements Conn.
func (c *client) Delete(ctx context.Context, path string, version int32) error {
	return c.do(ctx, "delete", path, func(s *session) error { return s.zk.Delete(c.full(path), version) })
}

// DeleteAll implements Conn.
func (c *client) DeleteAll(ctx context.Context, paths ...string) error {
	ops := make([]any, len(paths))
	for i, p := range paths {
		ops[i] = &zk.DeleteRequest{Path: c.full(p), Version: -1}
	}
	return c.do(ctx, "delete", strings.Join(paths, " "), func(s *session) error {
		_, err := s.zk.Multi(ops...)
		return err
	})
}

// Exists implements Conn.
func (c *client) Exists(ctx context.Context, path string) (*Stat, error) {
	return result(ctx, c, "exists", path, func(s *session) (*Stat, error) {
		ok, stat, err := s.zk.Exists(c.full(path))
		return statIf(ok, stat), err
	})
}

// ExistsW implements Conn.
func (c *client) ExistsW(ctx context.Context, path string) (*Stat, <-chan Event, error) {
	r, err := result(ctx, c, "exists", path, func(s *session) (r answer[*Stat], err error) {
		ok, stat, ch, err := s.zk.ExistsW(c.full(path))
		switch {
		case err != nil:
			return r, err
		case ok:
			s.watches.note(c.full(path), ofData)
		default:
			s.watches.note(c.full(path), ofExisting)
		}
		return answer[*Stat]{statIf(ok, stat), ch}, nil
	})
	return r.value, r.watch, err
}

// Get implements Conn.
func (c *client) Get(ctx context.Context, path string) ([]byte, *Stat, error) {
	r, err := result(ctx, c, "get", path, func(s *session) (content, error) {
		data, stat, err := s.zk.Get(c.full(path))
		return content{data, convert(stat)}, err
	})
	return r.data, r.stat, err
}

// GetW implements Conn.
func (c *client) GetW(ctx context.Context, path string) ([]byte, *Stat, <-chan Event, error) {
	r, err := result(ctx, c, "get", path, func(s *session) (r answer[content], err error) {
		data, stat, ch, err := s.zk.GetW(c.full(path))
		if err != nil {
			return r, err
		}
		s.watches.note(c.full(path), ofData)
		return answer[content]{content{data, convert(stat)}, ch}, nil
	})
	return r.value.data, r.value.stat, r.watch, err
}

// Set implements Conn.
func (c *client) Set(ctx context.Context, path string, data []byte, version int32) (*Stat, error) {
	return result(ctx, c, "set", path, func(s *session) (*Stat, error) {
		data, giveBack := s.buffers.ticket(data)
		defer giveBack()
		stat, err := s.zk.Set(c.full(path), data, version)
		return convert(stat), err
	})
}

// Children implements Conn.
func (c *client) Children(ctx context.Context, path string) ([]string, error) {
	return result(ctx, c, "children", path, func(s *session) ([]string, error) {
		names, _, err := s.zk.Children(c.full(path))
		return names, err
	})
}

// ChildrenW implements Conn.
func (c *client) ChildrenW(ctx context.Context, path string) ([]string, <-chan Event, error) {
	r, err := result(ctx, c, "children", path, func(s *session) (r answer[[]string], err error) {
		names, _, ch, err := s.zk.ChildrenW(c.full(path))
		if err != nil {
			return r, err
		}
		s.watches.note(c.full(path), ofChildren)
		return answer[[]string]{names, ch}, nil
	})
	return r.value, r.watch, err
}

// content is a node's data with its stat.
type content struct {
	data []byte
	stat *Stat
}

// answer is a result with its watch.
type answer[T any] struct {
	value T
	watch <-chan Event
}

// result is do for an operation with a result. An operation that was given up
// keeps its result to itself: none is tried after it.
func result[T any](ctx context.Context, c *client, op, path string, f func(*session) (T, error)) (T, error) {
	results := make(chan T, 1)
	err := c.do(ctx, op, path, func(s *session) error {
		v, err := f(s)
		if err == nil {
			results <- v
		}
		return err
	})
	if err != nil {
		var zero T
		return zero, err
	}
	return <-results, nil
}

func statIf(ok bool, s *zk.Stat) *Stat {
	if !ok {
		return nil
	}
	return convert(s)
}

func convert(s *zk.Stat) *Stat {
	if s == nil {
		return nil
	}
	return &Stat{
		Czxid: s.Czxid, Mzxid: s.Mzxid, Ctime: s.Ctime, Mtime: s.Mtime, Version: s.Version, Cversion: s.Cversion,
		EphemeralOwner: s.EphemeralOwner, NumChildren: s.NumChildren,
	}
}
