package zkconn

import (
	"context"
	"strings"

	"github.com/go-zookeeper/zk"
)

// Part is one part of a transaction.
type Part func(full func(path string) string) (op any, path string)

// Creation creates a node.
func Creation(path string, data []byte, mode Mode) Part {
	if data == nil {
		data = []byte{} // as in Create
	}
	return func(full func(string) string) (any, string) {
		return &zk.CreateRequest{Path: full(path), Data: data, Acl: zk.WorldACL(zk.PermAll), Flags: int32(mode)}, path
	}
}

// Setting sets a node's data, whatever its version.
func Setting(path string, data []byte) Part {
	return func(full func(string) string) (any, string) {
		return &zk.SetDataRequest{Path: full(path), Data: data, Version: -1}, path
	}
}

// Deletion deletes a node, whatever its version.
func Deletion(path string) Part {
	return func(full func(string) string) (any, string) {
		return &zk.DeleteRequest{Path: full(path), Version: -1}, path
	}
}

// Transact implements Conn.
func (c *client) Transact(ctx context.Context, parts ...Part) error {
	ops, paths := make([]any, len(parts)), make([]string, len(parts))
	for i, part := range parts {
		ops[i], paths[i] = part(c.full)
	}
	return c.do(ctx, "transact", strings.Join(paths, " "), func(s *session) error {
		short := make([]any, len(ops))
		for i, op := range ops {
			instead, giveBack := s.buffers.ticketed(op)
			defer giveBack()
			short[i] = instead
		}
		_, err := s.zk.Multi(short...)
		return err
	})
}
