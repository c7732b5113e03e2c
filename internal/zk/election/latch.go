package election

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"oakmoot/internal/zk/zkconn"
	"oakmoot/internal/zk/zkpath"
)

// mark is what a latch node's own name begins with; the sequence number follows.
const mark = "latch-"

// latch is a candidate's place in the queue.
type latch struct {
	zc   zkconn.Conn
	dir  string
	id   string // the UUID that protects the candidate's node, "" without one
	node string // path of that node, "" without one, or while it is not known
}

// join makes the candidate's node at the tail. Its name holds a UUID by which it is found
// again when the answer to its creation was lost.
func (l *latch) join(ctx context.Context, payload string) error {
	l.id = uuid.NewString()
	node, err := l.zc.CreateProtected(ctx, l.dir, l.id, mark, []byte(payload), zkconn.EphemeralSequential)
	if err != nil {
		return err
	}
	l.node = node
	return nil
}

// withdraw deletes the candidate's node, even one known only by its UUID. After
// an error it is not forgotten.
func (l *latch) withdraw(ctx context.Context) (err error) {
	if l.id != "" && l.node == "" {
		if l.node, err = l.find(ctx); err != nil {
			return err
		}
	}
	if l.node != "" {
		if err := l.zc.Delete(ctx, l.node, -1); err != nil && !errors.Is(err, zkconn.ErrNoNode) {
			return err
		}
	}
	l.id, l.node = "", ""
	return nil
}

// find looks for a node that may have been made all the same; "" if there is none.
func (l *latch) find(ctx context.Context) (string, error) {
	names, err := l.zc.Children(ctx, l.dir)
	if err != nil && !errors.Is(err, zkconn.ErrNoNode) {
		return "", err
	}
	for _, name := range names {
		if strings.HasPrefix(name, zkconn.Protected(l.id, "")) {
			return zkpath.Join(l.dir, name), nil
		}
	}
	return "", nil
}

// position is who stands in front of the candidate's node. The predecessor is "" both
// for the first and for a node that is gone, which is not first.
func (l *latch) position(ctx context.Context) (predecessor string, first bool, err error) {
	names, err := l.zc.Children(ctx, l.dir)
	if err != nil && !errors.Is(err, zkconn.ErrNoNode) {
		return "", false, err
	}
	names = sorted(names)
	i := slices.Index(names, zkpath.Name(l.node))
	if i <= 0 {
		return "", i == 0, nil
	}
	return zkpath.Join(l.dir, names[i-1]), false, nil
}

// first reports whether the candidate has a node that is the first.
func (l *latch) first(ctx context.Context) bool {
	_, first, err := l.position(ctx)
	return err == nil && first
}

// sorted orders latch nodes by what follows the last "latch-", as text: the numbers
// are padded with zeros.
func sorted(names []string) []string {
	slices.SortFunc(names, func(a, b string) int { return cmp.Compare(number(a), number(b)) })
	return names
}

func number(name string) string {
	if i := strings.LastIndex(name, mark); i >= 0 {
		return name[i+len(mark):]
	}
	return name
}

// Leader is the payload of the first candidate in the queue, "" when there is none:
// CuratorDruidLeaderSelector.getCurrentLeader. The candidate may not have begun to
// lead yet.
func Leader(ctx context.Context, zc zkconn.Conn, path string) (string, error) {
	names, err := zc.Children(ctx, path)
	if errors.Is(err, zkconn.ErrNoNode) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("leader at %s: %w", path, err)
	}
	for _, name := range sorted(names) {
		data, _, err := zc.Get(ctx, zkpath.Join(path, name))
		if errors.Is(err, zkconn.ErrNoNode) {
			continue
		}
		if err != nil {
			return "", fmt.Errorf("leader at %s: %w", path, err)
		}
		return string(data), nil
	}
	return "", nil
}
