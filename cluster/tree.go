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

// embeddedTree reads the embedded server's state itself: no session, no request.
type embeddedTree struct{ srv *zkembed.Server }

func (t embeddedTree) walk(ctx context.Context, path string, each func(observe.Znode) error) error {
	return t.srv.Walk(ctx, path, func(n zkembed.Node) error {
		return each(znodeOf(n))
	})
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

func (t *externalTree) descend(ctx context.Context, path string, each func(observe.Znode) error) error {
	data, stat, err := t.zc.Get(ctx, path)
	if errors.Is(err, zkconn.ErrNoNode) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := each(observe.Znode{Path: path, Data: data, Owner: stat.EphemeralOwner, Version: stat.Version, Mzxid: stat.Mzxid}); err != nil {
		return err
	}
	children, err := t.zc.Children(ctx, path)
	if err != nil && !errors.Is(err, zkconn.ErrNoNode) {
		return err
	}
	slices.Sort(children)
	for _, child := range children {
		if err := t.descend(ctx, zkpath.Join(path, child), each); err != nil {
			return err
		}
	}
	return nil
}

func (t *externalTree) close() {
	t.unlisten()
	t.followed.Wait()
	t.zc.Close()
}

// Tree lists the znodes at and below path, parents first.
func (c *Cluster) Tree(ctx context.Context, path string) ([]Znode, error) {
	if !strings.HasPrefix(path, "/") {
		return nil, fmt.Errorf("%w: path %q does not begin with /", ErrBadExpression, path)
	}
	if path != "/" {
		path = strings.TrimSuffix(path, "/")
	}
	nodes := []Znode{}
	err := c.zookeeper.tree.walk(ctx, path, func(n observe.Znode) error {
		nodes = append(nodes, Znode{
			Path: n.Path, Owner: c.observer.owner(n.Owner), Ephemeral: n.Owner != 0, Version: n.Version,
			Data: n.Data, Text: readable(n.Data), Kind: string(c.paths.Parse(n.Path).Kind),
		})
		return nil
	})
	return nodes, err
}

// readable is a payload as text: unzipped, and in hexadecimal if it is not text.
func readable(data []byte) string {
	text := druid.Gunzip(data)
	if !utf8.Valid(text) {
		return fmt.Sprintf("%d bytes: %x", len(text), text)
	}
	return string(text)
}
