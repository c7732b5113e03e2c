package zkconn

import (
	"context"
	"errors"
	"strings"

	"github.com/go-zookeeper/zk"
)

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
func (c *client) ExistsW(ctx context.Context, path string) (*Stat, Watch, error) {
	r, err := result(ctx, c, "exists", path, func(s *session) (r answer[*Stat], err error) {
		ok, stat, ch, err := s.zk.ExistsW(c.full(path))
		if err != nil {
			return r, err
		}
		of := ofExisting
		if ok {
			of = ofData
		}
		return answer[*Stat]{statIf(ok, stat), s.watches.note(c.full(path), of, ch)}, nil
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
func (c *client) GetW(ctx context.Context, path string) ([]byte, *Stat, Watch, error) {
	r, err := result(ctx, c, "get", path, func(s *session) (r answer[content], err error) {
		data, stat, ch, err := s.zk.GetW(c.full(path))
		if err != nil {
			return r, err
		}
		return answer[content]{content{data, convert(stat)}, s.watches.note(c.full(path), ofData, ch)}, nil
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
func (c *client) ChildrenW(ctx context.Context, path string) ([]string, Watch, error) {
	r, err := result(ctx, c, "children", path, func(s *session) (r answer[[]string], err error) {
		names, _, ch, err := s.zk.ChildrenW(c.full(path))
		if err != nil {
			return r, err
		}
		return answer[[]string]{names, s.watches.note(c.full(path), ofChildren, ch)}, nil
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
	watch Watch
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
