// Package announce keeps ephemeral nodes in ZooKeeper for as long as a process
// wants them there: Announcer of Druid, and on top of it the announcement of
// segments in both of their forms.
package announce

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
	"oakmoot/internal/zkcache"
	"oakmoot/internal/zkconn"
	"oakmoot/internal/zkpath"
)

// Announcer creates ephemeral nodes, packed with gzip, and creates them again when
// somebody else removes them or the session is lost. Its methods may be called from
// any goroutine while Run runs; before that they wait for it.
type Announcer struct {
	zc    zkconn.Conn
	log   hclog.Logger
	calls chan call
	done  chan struct{} // closed when Run has ended
}

// NewAnnouncer makes an announcer on a connection; Run makes it work.
func NewAnnouncer(zc zkconn.Conn, log hclog.Logger) *Announcer {
	return &Announcer{zc: zc, log: log, calls: make(chan call), done: make(chan struct{})}
}

// errStopped is the error of what comes after the end of Run.
var errStopped = errors.New("announcer has stopped")

// goodbye is how long withdrawing everything may take at the end.
const goodbye = time.Second

// localAddress is what Curator writes into a node that is created without data: the
// address of the machine. Nobody reads it.
var localAddress = []byte("127.0.0.1")

// announcer is what Run owns.
type announcer struct {
	zc      zkconn.Conn
	log     hclog.Logger
	parents map[string]*parent
	made    []string // parents that were made here and go at the end
	events  chan event
	watches sync.WaitGroup
}

// parent is a directory with announcements.
type parent struct {
	nodes map[string][]byte // child name → data, unpacked
	cache *zkcache.Cache
	lost  []string // what was announced when the connection was lost
}

type event struct {
	parent string
	zkcache.Event
}

// Run keeps the announcements until ctx ends; then it withdraws all of them, and
// the parents that it made where nothing else is in them.
func (a *Announcer) Run(ctx context.Context) error {
	defer close(a.done)
	watching, stop := context.WithCancel(context.WithoutCancel(ctx))
	r := &announcer{zc: a.zc, log: a.log, parents: map[string]*parent{}, events: make(chan event)}
	defer r.watches.Wait()
	defer stop()
	for {
		select {
		case <-ctx.Done():
			stop()
			for _, p := range r.parents {
				p.cache.Stop()
			}
			leaving, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
			defer cancel()
			r.leave(leaving)
			return nil
		case c := <-a.calls:
			c.answer <- c.do(c.ctx, watching, r)
		case e := <-r.events:
			r.react(watching, e)
		}
	}
}

// call is a method call on its way to Run.
type call struct {
	ctx    context.Context // of the caller
	do     func(ctx, life context.Context, r *announcer) error
	answer chan error
}

// ask lets Run carry f out and waits for it.
func (a *Announcer) ask(ctx context.Context, f func(ctx, life context.Context, r *announcer) error) error {
	c := call{ctx, f, make(chan error, 1)}
	select {
	case a.calls <- c:
		return <-c.answer
	case <-a.done:
		return errStopped
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Announce creates the node, packed. To announce the same data again is no change;
// other data is an error, for which there is Update. A node that is there already,
// of an earlier session, stays until it goes, and is then replaced. With
// removeParent the directory goes at the end if it was made here and is empty.
func (a *Announcer) Announce(ctx context.Context, path string, data []byte, removeParent bool) error {
	return a.ask(ctx, func(ctx, life context.Context, r *announcer) error {
		return r.announce(ctx, life, path, data, removeParent)
	})
}

// Update replaces the data of an announced node.
func (a *Announcer) Update(ctx context.Context, path string, data []byte) error {
	return a.ask(ctx, func(ctx, _ context.Context, r *announcer) error { return r.update(ctx, path, data) })
}

// Unannounce removes a node. One that is not announced, or gone, is no error.
func (a *Announcer) Unannounce(ctx context.Context, path string) error {
	return a.ask(ctx, func(ctx, _ context.Context, r *announcer) error { return r.unannounce(ctx, path) })
}

func (r *announcer) announce(ctx, life context.Context, path string, data []byte, removeParent bool) error {
	dir, name := zkpath.Parent(path), zkpath.Name(path)
	p := r.parents[dir]
	if p == nil {
		p = r.adopt(ctx, life, dir, removeParent)
	}
	if old, ok := p.nodes[name]; ok {
		if bytes.Equal(old, data) {
			return nil
		}
		return fmt.Errorf("announce %s: cannot reannounce different values under the same path", path)
	}
	p.nodes[name] = data
	return r.create(ctx, path, data)
}

// adopt begins to look after a directory, which is made if it is missing.
func (r *announcer) adopt(ctx, life context.Context, dir string, remove bool) *parent {
	p := &parent{nodes: map[string][]byte{}}
	r.parents[dir] = p
	if made, err := r.ensure(ctx, dir); err != nil {
		r.log.Warn("parent of announcements not made", "path", dir, "error", err)
	} else if made && remove {
		r.made = append(r.made, dir)
	}
	p.cache = zkcache.Start(life, r.zc, dir, zkcache.Options{Log: r.log})
	r.watches.Go(func() {
		for e := range p.cache.Events() {
			select {
			case r.events <- event{dir, e}:
			case <-life.Done():
			}
		}
	})
	return p
}

func (r *announcer) ensure(ctx context.Context, dir string) (made bool, err error) {
	stat, err := r.zc.Exists(ctx, dir)
	if err != nil || stat != nil {
		return false, err
	}
	_, err = r.zc.CreateParents(ctx, dir, localAddress, zkconn.Persistent)
	if errors.Is(err, zkconn.ErrNodeExists) {
		return false, nil
	}
	return err == nil, err
}

func (r *announcer) create(ctx context.Context, path string, data []byte) error {
	_, err := r.zc.CreateParents(ctx, path, druid.Gzip(data), zkconn.Ephemeral)
	if errors.Is(err, zkconn.ErrNodeExists) {
		return nil // of an earlier session: its removal will be seen
	}
	return err
}

func (r *announcer) update(ctx context.Context, path string, data []byte) error {
	p := r.parents[zkpath.Parent(path)]
	if p == nil {
		return fmt.Errorf("update %s: not announced", path)
	}
	old, ok := p.nodes[zkpath.Name(path)]
	if !ok {
		return fmt.Errorf("update %s: not announced", path)
	}
	if bytes.Equal(old, data) {
		return nil
	}
	p.nodes[zkpath.Name(path)] = data
	_, err := r.zc.Set(ctx, path, druid.Gzip(data), -1)
	if errors.Is(err, zkconn.ErrNoNode) {
		return nil // removed by somebody: it is created again with the new data
	}
	return err
}

func (r *announcer) unannounce(ctx context.Context, path string) error {
	p := r.parents[zkpath.Parent(path)]
	if p == nil {
		return nil
	}
	if _, ok := p.nodes[zkpath.Name(path)]; !ok {
		return nil
	}
	delete(p.nodes, zkpath.Name(path))
	if err := r.zc.DeleteAll(ctx, path); err != nil && !errors.Is(err, zkconn.ErrNoNode) {
		return err
	}
	return nil
}

// react creates what has gone again: a node that somebody removed, and after a
// lost session everything.
func (r *announcer) react(ctx context.Context, e event) {
	p := r.parents[e.parent]
	switch e.Type {
	case zkcache.Removed:
		if data, ok := p.nodes[e.Name]; ok {
			r.again(ctx, e.Path, data)
		}
	case zkcache.Lost:
		for name := range p.nodes {
			p.lost = append(p.lost, name)
		}
	case zkcache.Reconnected:
		slices.Sort(p.lost)
		for _, name := range slices.Compact(p.lost) {
			if data, ok := p.nodes[name]; ok {
				r.again(ctx, zkpath.Join(e.parent, name), data)
			}
		}
		p.lost = nil
	}
}

func (r *announcer) again(ctx context.Context, path string, data []byte) {
	if err := r.create(ctx, path, data); err != nil && ctx.Err() == nil {
		r.log.Warn("not announced again", "path", path, "error", err)
	}
}

// leave withdraws everything that is announced and removes the parents made here,
// all or none of them, as Announcer.stop does.
func (r *announcer) leave(ctx context.Context) {
	for _, dir := range sortedKeys(r.parents) {
		for _, name := range sortedKeys(r.parents[dir].nodes) {
			if err := r.unannounce(ctx, zkpath.Join(dir, name)); err != nil {
				r.log.Debug("not withdrawn", "path", zkpath.Join(dir, name), "error", err)
				if ctx.Err() != nil {
					return
				}
			}
		}
	}
	if len(r.made) > 0 {
		if err := r.zc.DeleteAll(ctx, r.made...); err != nil {
			r.log.Debug("parents not removed", "paths", r.made, "error", err)
		}
	}
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
