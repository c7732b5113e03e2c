package zkconn

import (
	"context"
	"errors"
	"strings"

	"github.com/go-zookeeper/zk"
)

// Protected is the name that Curator's withProtection gives a node: its id finds the
// node again when the answer to its creation was lost.
func Protected(id, name string) string { return "_c_" + id + "-" + name }

// CreateProtected implements Conn.
func (c *client) CreateProtected(ctx context.Context, dir, id, name string, data []byte, mode Mode) (string, error) {
	path := strings.TrimSuffix(dir, "/") + "/" + Protected(id, name)
	tried := false
	create := func() (string, error) {
		return result(ctx, c, "create", path, func(s *session) (string, error) {
			if tried {
				if found, err := c.adopt(s, dir, id); found != "" || err != nil {
					return found, err
				}
				if err := ctx.Err(); err != nil {
					return "", err // adopt took longer than anybody waits for it
				}
			}
			tried = true
			data, giveBack := s.buffers.ticket(data)
			defer giveBack()
			created, err := s.zk.Create(c.full(path), data, int32(mode), zk.WorldACL(zk.PermAll))
			return c.bare(created), err
		})
	}
	created, err := create()
	if !errors.Is(err, ErrNoNode) {
		return created, err
	}
	if _, err := c.CreateParents(ctx, dir, nil, Persistent); err != nil && !errors.Is(err, ErrNodeExists) {
		return "", err
	}
	return create()
}

// adopt finds the node that an earlier try has made, "" when there is none.
func (c *client) adopt(s *session, dir, id string) (string, error) {
	names, _, err := s.zk.Children(c.full(dir))
	if errors.Is(err, zk.ErrNoNode) {
		return "", nil
	}
	for _, name := range names {
		if strings.HasPrefix(name, Protected(id, "")) {
			return strings.TrimSuffix(dir, "/") + "/" + name, nil
		}
	}
	return "", err
}
