package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"oakmoot/internal/druid"
	"oakmoot/internal/stage/observe"
	"oakmoot/internal/zk/zkconn"
	"oakmoot/internal/zk/zkpath"
	"oakmoot/zkembed"
)

// treeSource reads ZooKeeper's tree without taking part in anything.
type treeSource interface {
	// walk calls each for the node at path and all below it, parents first. A path
	// that is not there is walked as empty.
	walk(ctx context.Context, path string, each func(observe.Znode) error) error
	close()
}

// pagedTree is a treeSource that can be read in parts.
type pagedTree interface {
	treeSource
	// page yields the first of the nodes that walk would yield behind the path after: limit of them at most, and no
	// more once they hold so many bytes.
	page(ctx context.Context, path, after string, limit, bytes int) ([]observe.Znode, error)
}

// embeddedTree reads the embedded server's state itself: no session, no request.
type embeddedTree struct{ srv *zkembed.Server }

func (t embeddedTree) walk(ctx context.Context, path string, each func(observe.Znode) error) error {
	return t.srv.Walk(ctx, path, func(n zkembed.Node) error {
		return each(znodeOf(n))
	})
}

func (t embeddedTree) page(ctx context.Context, path, after string, limit, bytes int) ([]observe.Znode, error) {
	nodes, err := t.srv.Page(ctx, path, after, limit, bytes)
	page := make([]observe.Znode, len(nodes))
	for i, n := range nodes {
		page[i] = znodeOf(n)
	}
	return page, err
}

func (embeddedTree) close() {}

// externalTree reads over a session of the observer's own, which no fault touches.
type externalTree struct {
	zc       zkconn.Conn
	presence *presence
	unlisten func()
	followed sync.WaitGroup
}

func newExternalTree(zc zkconn.Conn, servers string) *externalTree {
	t := &externalTree{zc: zc, presence: newPresence(servers)}
	states, unlisten := zc.Listen()
	t.unlisten = unlisten
	t.followed.Go(func() { t.presence.follow(states) })
	return t
}

// walk has a limit: if ZooKeeper is away, the error is an awayError.
func (t *externalTree) walk(ctx context.Context, path string, each func(observe.Znode) error) error {
	return t.presence.bounded(ctx, func(ctx context.Context) error { return t.descend(ctx, path, each) })
}

func (t *externalTree) page(ctx context.Context, path, after string, limit, bytes int) (page []observe.Znode, err error) {
	err = t.presence.bounded(ctx, func(ctx context.Context) error {
		page = nil
		left := bytes
		return t.descendBehind(ctx, path, after, func(n observe.Znode) error {
			page = append(page, n)
			if left -= len(n.Data); len(page) == limit || left <= 0 {
				return errEnough
			}
			return nil
		})
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return page, err
}

func (t *externalTree) descend(ctx context.Context, path string, each func(observe.Znode) error) error {
	return t.descendBehind(ctx, path, "", each)
}

// descendBehind walks what comes behind the path after; "" is everything.
func (t *externalTree) descendBehind(ctx context.Context, path, after string, each func(observe.Znode) error) error {
	if !leadsBehind(path, after) {
		return nil
	}
	data, stat, err := t.zc.Get(ctx, path)
	if errors.Is(err, zkconn.ErrNoNode) {
		return nil
	}
	if err != nil {
		return err
	}
	found := observe.Znode{Path: path, Data: data, Owner: stat.EphemeralOwner, Version: stat.Version, Czxid: stat.Czxid, Mzxid: stat.Mzxid, Children: int(stat.NumChildren)}
	if comesBehind(path, after) {
		if err := each(found); err != nil {
			return err
		}
	}
	children, err := t.zc.Children(ctx, path)
	if err != nil && !errors.Is(err, zkconn.ErrNoNode) {
		return err
	}
	slices.Sort(children)
	for _, child := range children {
		if err := t.descendBehind(ctx, zkpath.Join(path, child), after, each); err != nil {
			return err
		}
	}
	return nil
}

// comesBehind reports whether a walk comes to path later than to after, which may be "".
func comesBehind(path, after string) bool {
	split := func(path string) []string { return strings.Split(strings.TrimSuffix(path, "/"), "/") }
	return after == "" || slices.Compare(split(path), split(after)) > 0
}

// leadsBehind reports whether path, or anything below it, can come behind after.
func leadsBehind(path, after string) bool {
	return comesBehind(path, after) || zkpath.Within(path, after)
}

func (t *externalTree) close() {
	t.unlisten()
	t.followed.Wait()
	t.zc.Close()
}

// Tree lists the znodes at and below path, parents first.
func (c *Cluster) Tree(ctx context.Context, path string) ([]Znode, error) {
	path, err := treePath(path)
	if err != nil {
		return nil, err
	}
	nodes := []Znode{}
	err = c.zookeeper.tree.walk(ctx, path, func(n observe.Znode) error {
		nodes = append(nodes, c.znode(n))
		return nil
	})
	return nodes, err
}

// treePageBytes is how much data there is on a page of the tree before it ends.
const treePageBytes = 1 << 20

// TreePage lists the znodes at and below path, parents first. The key of a page is a path. A page also ends once its
// znodes hold a megabyte. Nobody counts the znodes below a path.
func (c *Cluster) TreePage(ctx context.Context, path string, p Page) (Listing[Znode], error) {
	path, err := treePath(path)
	if err != nil {
		return Listing[Znode]{}, err
	}
	page, err := c.zookeeper.tree.page(ctx, path, p.After, p.limit(), treePageBytes)
	if err != nil {
		return Listing[Znode]{}, err
	}
	l := Listing[Znode]{Items: make([]Znode, len(page)), Total: -1}
	for i, n := range page {
		l.Items[i] = c.znode(n)
	}
	if len(page) == 0 {
		return l, nil
	}
	last := page[len(page)-1].Path
	rest, err := c.zookeeper.tree.page(ctx, path, last, 1, 1)
	if len(rest) > 0 {
		l.Next = last
	}
	return l, err
}

func treePath(path string) (string, error) {
	if !strings.HasPrefix(path, "/") {
		return "", fmt.Errorf("%w: path %q does not begin with /", ErrBadExpression, path)
	}
	if path != "/" {
		path = strings.TrimSuffix(path, "/")
	}
	return path, nil
}

func (c *Cluster) znode(n observe.Znode) Znode {
	z := describe(n, c.paths)
	z.Owner = c.observer.owner(n.Owner)
	return z
}

// readable is a payload as text: unzipped, and in hexadecimal if it is not text.
func readable(data []byte) string {
	text := druid.Gunzip(data)
	if !utf8.Valid(text) {
		return fmt.Sprintf("%d bytes: %x", len(text), text)
	}
	return string(text)
}
