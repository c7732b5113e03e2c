package cluster

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/run/loop"
	"oakmoot/internal/stage/observe"
	"oakmoot/internal/zk/zkpath"
	"oakmoot/internal/zk/zkwatch"
)

// externalFeed feeds the model from an external ZooKeeper, which gives no stream of its
// transactions. A server of 3.6 or later notes what changes, with persistent recursive
// watches, and before each answer only that is read again. Otherwise each answer takes a
// listing of the whole layout. Either way what is answered is never older than the
// question; but it is read one znode after the other, so that what changes meanwhile may
// be seen in part. A client cannot ask when another's session ends.
type externalFeed struct {
	tree     *externalTree
	open     func(context.Context, *observer) (*zkwatch.Watch, error)
	chroot   string
	log      hclog.Logger
	turn     chan struct{}  // full while somebody reads; guards the fields below
	watch    *zkwatch.Watch // nil as long as there is none
	listOnly bool           // the server has no such watches
}

// newExternalFeed feeds from an external ZooKeeper that answers.
func newExternalFeed(e *ensemble, tree *externalTree) *externalFeed {
	f := &externalFeed{tree: tree, chroot: e.chroot, log: e.log.Named("observer"), turn: make(chan struct{}, 1)}
	f.open = func(ctx context.Context, o *observer) (*zkwatch.Watch, error) {
		opts := zkwatch.Options{
			Servers: e.servers, SessionTimeout: e.settings.SessionTimeout.Duration, Dial: e.net.DialContext, Changed: o.changed.raise,
		}
		roots := o.paths.Roots()
		for i, root := range roots {
			roots[i] = zkpath.Join(f.chroot, root)
		}
		return zkwatch.Open(ctx, opts, roots...)
	}
	return f
}

func (f *externalFeed) catchUp(ctx context.Context, o *observer) error {
	err := f.tree.presence.bounded(ctx, func(ctx context.Context) error {
		select {
		case f.turn <- struct{}{}:
			defer func() { <-f.turn }()
		case <-ctx.Done():
			return ctx.Err()
		}
		return f.read(ctx, o)
	})
	if err != nil {
		return readError(o, err)
	}
	return nil
}

// read brings the model up to date from what was noted, or else from a listing. A watch
// that has failed is opened again by the next look.
func (f *externalFeed) read(ctx context.Context, o *observer) error {
	if f.watch != nil {
		err := f.refresh(ctx, o)
		if err == nil || ctx.Err() != nil {
			return err
		}
		f.log.Debug("watch ended, the next look lists everything", "error", err)
		f.unwatch()
	}
	if f.listOnly {
		return f.list(ctx, o, f.tree.descend)
	}
	watch, err := f.open(ctx, o)
	if errors.Is(err, zkwatch.ErrUnsupported) {
		f.listOnly = true
		f.log.Debug("this ZooKeeper has no persistent watches: each look lists everything")
	}
	if err != nil {
		return f.list(ctx, o, f.tree.descend)
	}
	f.watch = watch
	if err := f.list(ctx, o, f.descend); err != nil {
		f.unwatch() // the model lacks more than what was noted since
		return err
	}
	return nil
}

// list makes the model hold what a walk finds.
func (f *externalFeed) list(ctx context.Context, o *observer, descend func(context.Context, string, func(observe.Znode) error) error) error {
	var listed []observe.Znode
	for _, root := range o.paths.Roots() {
		err := descend(ctx, root, func(n observe.Znode) error {
			listed = append(listed, n)
			return nil
		})
		if err != nil {
			return err
		}
	}
	o.change(func(m *observe.Model) {
		m.KeepData()
		o.heed(m, m.Sync(listed, nil))
	})
	return nil
}

// refresh reads again what has been noted so far.
func (f *externalFeed) refresh(ctx context.Context, o *observer) error {
	if err := f.watch.Sync(ctx, zkpath.Join(f.chroot)); err != nil {
		return err
	}
	var found []observe.Znode
	var gone []string
	for _, path := range f.watch.Take() {
		n, err := f.get(ctx, path)
		switch {
		case errors.Is(err, zkwatch.ErrNoNode):
			gone = append(gone, f.inside(path))
		case err != nil:
			f.unwatch() // what was taken is no longer noted anywhere
			return err
		default:
			found = append(found, n)
		}
	}
	o.change(func(m *observe.Model) { o.heed(m, m.Refresh(found, gone)) })
	return nil
}

// descend is a walk over the watch's own connection, so that nothing it reads is older
// than what was noted.
func (f *externalFeed) descend(ctx context.Context, path string, each func(observe.Znode) error) error {
	outside := zkpath.Join(f.chroot, path)
	n, err := f.get(ctx, outside)
	if errors.Is(err, zkwatch.ErrNoNode) {
		return nil
	}
	if err == nil {
		err = each(n)
	}
	if err != nil {
		return err
	}
	children, err := f.watch.Children(ctx, outside)
	if err != nil && !errors.Is(err, zkwatch.ErrNoNode) {
		return err
	}
	slices.Sort(children)
	for _, child := range children {
		if err := f.descend(ctx, zkpath.Join(path, child), each); err != nil {
			return err
		}
	}
	return nil
}

// get reads the znode at a path as it is outside the chroot.
func (f *externalFeed) get(ctx context.Context, path string) (observe.Znode, error) {
	data, stat, err := f.watch.Get(ctx, path)
	return observe.Znode{
		Path: f.inside(path), Data: data, Owner: int64(stat.EphemeralOwner), Version: int32(stat.Version), Mzxid: int64(stat.Mzxid),
	}, err
}

// inside is a path as it is inside the chroot.
func (f *externalFeed) inside(path string) string { return strings.TrimPrefix(path, f.chroot) }

func (f *externalFeed) ends(context.Context) (map[int64]time.Time, error) { return nil, nil }

// externalPoll is how often conditions are looked at again on an external ZooKeeper that
// notes no changes.
const externalPoll = 200 * time.Millisecond

// follow has no changes to hand on: it only lets those who wait for one look again now
// and then.
func (f *externalFeed) follow(ctx context.Context, o *observer, _ func(observe.Change, error) error) error {
	for ctx.Err() == nil {
		_ = loop.Sleep(ctx, externalPoll)
		o.changed.raise()
	}
	return nil
}

// unwatch gives up the watch.
func (f *externalFeed) unwatch() {
	if f.watch != nil {
		f.watch.Close()
		f.watch = nil
	}
}

// close ends what the feed has opened; nobody uses it any more.
func (f *externalFeed) close() {
	f.turn <- struct{}{}
	defer func() { <-f.turn }()
	f.unwatch()
	f.listOnly = true
}
