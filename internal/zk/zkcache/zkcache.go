// Package zkcache keeps a directory of znodes in view: PathChildrenCache of Curator
// 4.1.0, on which nearly every watch in Druid is built.
//
// A cache may miss states that did not last: a child that came and went between two
// looks, or the first of two quick changes. It never misses a state that lasts.
package zkcache

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/loop"
	"oakmoot/internal/zk/zkconn"
	"oakmoot/internal/zk/zkpath"
)

// Options are the settings of a cache.
type Options struct {
	Data       bool   // events carry the children's data
	Forget     bool   // but not those of removed children: the cache does not keep what it has reported
	Decompress bool   // unpack the data where it is gzip
	Queue      *Queue // takes the events, with those of other caches; nil is one of its own, behind Events
	Log        hclog.Logger
}

// EventType is what a cache reports.
type EventType int

// Event types. Initialized comes once, when every child of the first listing has been
// reported or found gone.
const (
	Added EventType = iota + 1
	Updated
	Removed
	Initialized
	Suspended
	Reconnected
	Lost
)

// Event is something that a cache reports.
type Event struct {
	Type EventType
	Path string // of the child
	Name string // its last part
	Data []byte // with Options.Data; for a removed child, what it last held
	Stat zkconn.Stat
	From *Cache
}

// Cache watches a directory.
type Cache struct {
	zc     zkconn.Conn
	path   string
	opts   Options
	queue  *Queue
	events chan Event // nil with a queue of somebody else's
	fired  *loop.Box[firing]
	cancel context.CancelFunc
	done   sync.WaitGroup

	// Owned by run.
	children map[string]*child
	listings int // so far
	first    bool
}

// child is a child that is in view.
type child struct {
	data    []byte
	stat    zkconn.Stat
	listing int // the last one that it was in
}

// firing is what a watch of the cache has seen. They wait in the order of the connection.
type firing struct {
	name    string // of the child, for a watch of its data
	child   *child // nil for a watch of the directory
	listing int    // after which that was set
	saw     zkconn.EventType
}

// Start begins to watch a directory, which is created if it is missing. The cache ends
// with ctx, with Stop, or with the connection.
func Start(ctx context.Context, zc zkconn.Conn, path string, o Options) *Cache {
	if o.Log == nil {
		o.Log = hclog.NewNullLogger()
	}
	c := &Cache{zc: zc, path: path, opts: o, queue: o.Queue, fired: loop.NewBox[firing](), children: map[string]*child{}, first: true}
	ctx, c.cancel = context.WithCancel(ctx)
	if c.queue == nil {
		c.queue, c.events = NewQueue(), make(chan Event)
		c.done.Go(func() { c.queue.pump(ctx, c.events) })
	}
	states, stop := zc.Listen()
	c.done.Go(func() {
		defer stop()
		c.run(ctx, states)
	})
	return c
}

// Events returns the events in order; the cache goes on even if nobody takes them. The
// channel is closed when the cache ends. It is nil with Options.Queue.
func (c *Cache) Events() <-chan Event { return c.events }

// Stop ends the cache and waits for it.
func (c *Cache) Stop() {
	c.cancel()
	c.done.Wait()
}

// run looks, waits for a sign that something has changed, and looks again.
func (c *Cache) run(ctx context.Context, states <-chan zkconn.State) {
	defer c.cancel() // the connection may have ended instead
	c.refresh(ctx, false)
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.fired.Some():
			for _, f := range c.fired.Take() {
				c.look(ctx, f)
			}
		case state, ok := <-states:
			if !ok {
				return
			}
			c.react(ctx, state)
		}
	}
}

func (c *Cache) react(ctx context.Context, state zkconn.State) {
	switch state {
	case zkconn.Suspended:
		c.put(Event{Type: Suspended})
	case zkconn.Lost:
		c.put(Event{Type: Lost})
	case zkconn.Connected, zkconn.Reconnected:
		c.refresh(ctx, true)
		c.put(Event{Type: Reconnected})
	}
}

// refresh lists the directory and reports what has come and gone. With force every
// child is read again.
func (c *Cache) refresh(ctx context.Context, force bool) {
	names, watch, err := c.zc.ChildrenW(ctx, c.path)
	if errors.Is(err, zkconn.ErrNoNode) {
		if err = c.ensure(ctx); err == nil {
			names, watch, err = c.zc.ChildrenW(ctx, c.path)
		}
	}
	if err != nil {
		if ctx.Err() == nil && !errors.Is(err, zkconn.ErrClosed) {
			c.opts.Log.Warn("directory cannot be watched", "path", c.path, "error", err)
		}
		return
	}
	c.listings++
	listing := c.listings
	watch.Then(func(e zkconn.Event) { c.fired.Put(firing{listing: listing, saw: e.Type}) })
	var unread []string
	for _, name := range names {
		ch := c.children[name]
		if ch != nil {
			ch.listing = c.listings
		}
		if ch == nil || force {
			unread = append(unread, name)
		}
	}
	for name, ch := range c.children {
		if ch.listing != c.listings {
			c.remove(name, ch)
		}
	}
	slices.Sort(unread)
	for _, name := range unread {
		c.read(ctx, name)
	}
	if c.first && ctx.Err() == nil {
		c.first = false
		c.put(Event{Type: Initialized})
	}
}

// ensure creates the directory with any missing parents, persistent and empty:
// Curator's EnsureContainers with a server of the 3.4 kind.
func (c *Cache) ensure(ctx context.Context) error {
	_, err := c.zc.CreateParents(ctx, c.path, nil, zkconn.Persistent)
	if errors.Is(err, zkconn.ErrNodeExists) {
		return nil
	}
	return err
}

// look looks at what a watch has seen, unless it has been looked at since. A watch that
// ends with its session has seen nothing: the refresh after the reconnection reads every
// child again. A child that was deleted is reported as removed even if it exists again: the
// new one is another child, and it is in the listing. That is asked for at once, as its
// watch has fired as well, or will never do so because the listing already has the new one.
func (c *Cache) look(ctx context.Context, f firing) {
	switch {
	case f.saw == zkconn.Ended || ctx.Err() != nil:
	case f.child == nil:
		if f.listing == c.listings {
			c.refresh(ctx, false)
		}
	case c.children[f.name] != f.child:
	case f.saw == zkconn.NodeDeleted:
		c.remove(f.name, f.child)
		c.refresh(ctx, false)
	default:
		c.read(ctx, f.name)
	}
}

// read takes a child into view, or reports that it has changed or gone.
func (c *Cache) read(ctx context.Context, name string) {
	path := zkpath.Join(c.path, name)
	old := c.children[name]
	data, stat, watch, err := c.zc.GetW(ctx, path)
	if errors.Is(err, zkconn.ErrNoNode) {
		if old != nil {
			c.remove(name, old)
		}
		return
	}
	if err != nil {
		if ctx.Err() == nil && !errors.Is(err, zkconn.ErrClosed) {
			c.opts.Log.Warn("child cannot be read", "path", path, "error", err)
		}
		return
	}
	if c.opts.Decompress {
		data = druid.Gunzip(data)
	}
	ch := &child{stat: *stat, listing: c.listings}
	if c.opts.Data {
		ch.data = data
	}
	c.children[name] = ch
	watch.Then(func(e zkconn.Event) { c.fired.Put(firing{name: name, child: ch, saw: e.Type}) })
	defer func() {
		if c.opts.Forget {
			ch.data = nil
		}
	}()
	switch {
	case old == nil:
		c.report(Added, name, ch)
	case old.stat.Czxid != stat.Czxid: // another node of the same name
		c.report(Removed, name, old)
		c.report(Added, name, ch)
	case old.stat.Mzxid != stat.Mzxid:
		c.report(Updated, name, ch)
	}
}

func (c *Cache) remove(name string, ch *child) {
	delete(c.children, name)
	c.report(Removed, name, ch)
}

func (c *Cache) report(t EventType, name string, ch *child) {
	c.put(Event{Type: t, Path: zkpath.Join(c.path, name), Name: name, Data: ch.data, Stat: ch.stat})
}

func (c *Cache) put(e Event) {
	e.From = c
	c.queue.put(e)
}
