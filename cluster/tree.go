package cluster

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"oakmoot/internal/zk/zkconn"
	"oakmoot/internal/zk/zkpath"
	"oakmoot/zkembed"
)

// znode is a node of the tree as the cluster's observer reads it.
type znode struct {
	path    string
	data    []byte
	owner   int64 // session of an ephemeral, 0 otherwise
	version int32
}

// treeSource reads ZooKeeper's tree without taking part in anything.
type treeSource interface {
	// walk calls each for the node at path and all below it, parents first. A path
	// that is not there is walked as empty.
	walk(ctx context.Context, path string, each func(znode) error) error
	// look walks several paths, all at one moment where that is possible, and tells when
	// each session ends unless its client is heard of; nil when that is not known.
	look(ctx context.Context, paths []string, each func(znode) error) (ends map[int64]time.Time, err error)
	close()
}

// embeddedTree reads the embedded server's state itself: no session, no request.
type embeddedTree struct{ srv *zkembed.Server }

func (t embeddedTree) walk(ctx context.Context, path string, each func(znode) error) error {
	return t.srv.Walk(ctx, path, func(n zkembed.Node) error {
		return each(znodeOf(n))
	})
}

func (t embeddedTree) look(ctx context.Context, paths []string, each func(znode) error) (map[int64]time.Time, error) {
	nodes, sessions, err := t.srv.Look(ctx, paths...)
	if err != nil {
		return nil, err
	}
	ends := map[int64]time.Time{}
	for _, s := range sessions {
		ends[int64(s.ID)] = s.Expires
	}
	for _, n := range nodes {
		if err := each(znodeOf(n)); err != nil {
			return nil, err
		}
	}
	return ends, nil
}

func znodeOf(n zkembed.Node) znode {
	return znode{path: n.Path, data: n.Data, owner: int64(n.Stat.EphemeralOwner), version: int32(n.Stat.Version)}
}

func (embeddedTree) close() {}

// externalTree reads over a session of the observer's own, through no fault.
type externalTree struct {
	zc       zkconn.Conn
	presence *presence
	unlisten func()
	followed sync.WaitGroup
}

func newExternalTree(zc zkconn.Conn, servers string) *externalTree {
	t := &externalTree{zc: zc, presence: &presence{servers: servers}}
	states, unlisten := zc.Listen()
	t.unlisten = unlisten
	t.followed.Go(func() { t.presence.follow(states) })
	return t
}

// walk has a limit: the error of a ZooKeeper that is away is an awayError.
func (t *externalTree) walk(ctx context.Context, path string, each func(znode) error) error {
	return t.presence.bounded(ctx, func(ctx context.Context) error { return t.descend(ctx, path, each) })
}

func (t *externalTree) descend(ctx context.Context, path string, each func(znode) error) error {
	data, stat, err := t.zc.Get(ctx, path)
	if errors.Is(err, zkconn.ErrNoNode) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := each(znode{path: path, data: data, owner: stat.EphemeralOwner, version: stat.Version}); err != nil {
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

// look reads one znode after the other, so that what changes meanwhile may be seen in
// part. A client cannot ask when another's session ends.
func (t *externalTree) look(ctx context.Context, paths []string, each func(znode) error) (map[int64]time.Time, error) {
	for _, path := range paths {
		if err := t.walk(ctx, path, each); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

func (t *externalTree) close() {
	t.unlisten()
	t.followed.Wait()
	t.zc.Close()
}
