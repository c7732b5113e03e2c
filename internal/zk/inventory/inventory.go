// Package inventory is the view of the servers and of what they serve, as they announce
// it: Druid's AbstractCuratorServerInventoryView in its batch form, and
// SingleServerInventoryView in the documented one. It is what a role knows, over its
// own connection and with Druid's rules for when a segment counts as gone; what an
// onlooker knows of the whole cluster is the model of package observe.
package inventory

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
	"oakmoot/internal/zk/zkcache"
	"oakmoot/internal/zk/zkconn"
	"oakmoot/internal/zk/zkpath"
)

// Form says which announcements of segments are followed.
type Form int

// Forms. Batch follows segments/<server>, Legacy servedSegments/<server>.
const (
	Batch Form = iota
	Legacy
)

// EventType is what has changed.
type EventType int

// Event types. Initialized comes once, when every server of the first listing has been
// read completely. A server that is removed takes its segments with it, without an
// event for each.
const (
	ServerAdded EventType = iota + 1
	ServerUpdated
	ServerRemoved
	SegmentAdded
	SegmentRemoved
	Initialized
)

// Event is a change.
type Event struct {
	Type    EventType
	Server  druid.ServerMetadata
	Segment *druid.DataSegment   // must not be changed: it is shared
	Lost    []*druid.DataSegment // what a removed server has served
}

// Server is a server and what it serves. The segments must not be changed.
type Server struct {
	Meta     druid.ServerMetadata
	Segments map[druid.SegmentID]*druid.DataSegment
}

// View follows the announcements.
type View struct {
	zc    zkconn.Conn
	paths zkpath.Paths
	form  Form
	log   hclog.Logger
	out   chan Event
	done  chan struct{} // closed when the view has ended
	stop  context.CancelFunc

	// Owned by run, which changes servers under mu so that others may read.
	mu      sync.Mutex
	servers map[string]*server
	caches  caches
	first   firstLook
}

// caches are those of the servers, which share a queue.
type caches struct {
	queue  *zkcache.Queue
	of     map[*zkcache.Cache]*server
	ending sync.WaitGroup // those of servers that have gone
}

// firstLook tracks the first look at the servers.
type firstLook struct {
	listed  bool
	waiting map[string]bool // servers of the first listing that have not been read
	over    bool            // Initialized has been reported
}

// complete reports, just once, that every server of the first listing has been read.
func (f *firstLook) complete() bool {
	if !f.listed || len(f.waiting) > 0 || f.over {
		return false
	}
	f.over = true
	return true
}

// server is a server in view.
type server struct {
	name     string // of its znode
	meta     druid.ServerMetadata
	segments map[druid.SegmentID]held
	nodes    map[string]*druid.Batch // announcement node → what it held last
	cache    *zkcache.Cache
}

// held is a segment of a server, and how many of its nodes announce it.
type held struct {
	segment *druid.DataSegment
	nodes   int
}

// all are the segments of a server.
func (s *server) all() []*druid.DataSegment {
	all := make([]*druid.DataSegment, 0, len(s.segments))
	for _, h := range s.segments {
		all = append(all, h.segment)
	}
	slices.SortFunc(all, func(a, b *druid.DataSegment) int { return a.ID().Compare(b.ID()) })
	return all
}

// Start begins to follow the announcements, until ctx or the connection ends or Stop is
// called. The events have to be taken.
func Start(ctx context.Context, zc zkconn.Conn, paths zkpath.Paths, form Form, log hclog.Logger) *View {
	if log == nil {
		log = hclog.NewNullLogger()
	}
	v := &View{
		zc: zc, paths: paths, form: form, log: log, out: make(chan Event),
		done: make(chan struct{}), servers: map[string]*server{}, first: firstLook{waiting: map[string]bool{}},
		caches: caches{queue: zkcache.NewQueue(), of: map[*zkcache.Cache]*server{}},
	}
	ctx, v.stop = context.WithCancel(ctx)
	go v.run(ctx)
	return v
}

// Events returns the changes in order; the channel is closed when the view ends.
func (v *View) Events() <-chan Event { return v.out }

// Stop ends the view and waits for it.
func (v *View) Stop() {
	v.stop()
	<-v.done
}

// Snapshot returns the view as it is now, ordered by the servers' names.
func (v *View) Snapshot() []Server {
	v.mu.Lock()
	defer v.mu.Unlock()
	all := make([]Server, 0, len(v.servers))
	for _, name := range slices.Sorted(maps.Keys(v.servers)) {
		s := v.servers[name]
		segments := make(map[druid.SegmentID]*druid.DataSegment, len(s.segments))
		for id, h := range s.segments {
			segments[id] = h.segment
		}
		all = append(all, Server{s.meta, segments})
	}
	return all
}

// Serves reports whether a server announces a segment.
func (v *View) Serves(server string, id druid.SegmentID) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	s := v.servers[server]
	if s == nil {
		return false
	}
	_, ok := s.segments[id]
	return ok
}

func (v *View) run(ctx context.Context) {
	defer close(v.done)
	defer v.caches.ending.Wait()
	defer close(v.out)
	defer v.stop() // the connection may have ended instead
	servers := zkcache.Start(ctx, v.zc, v.paths.Announcements, zkcache.Options{Data: true, Decompress: true, Log: v.log})
	defer servers.Stop()
	defer func() {
		for _, s := range v.servers {
			s.cache.Stop()
		}
	}()
	for {
		select {
		case e, ok := <-servers.Events():
			if !ok {
				return
			}
			v.container(ctx, e)
		case <-v.caches.queue.Some():
			for _, e := range v.caches.queue.Take() {
				if s := v.caches.of[e.From]; s != nil {
					v.inventory(ctx, s, e)
				}
			}
		case <-ctx.Done():
			return
		}
		v.reportInitialized(ctx)
	}
}

func (v *View) report(ctx context.Context, e Event) {
	select {
	case v.out <- e:
	case <-ctx.Done():
	}
}

func (v *View) reportInitialized(ctx context.Context) {
	if v.first.complete() {
		v.report(ctx, Event{Type: Initialized})
	}
}

// container handles a change among the servers' announcements.
func (v *View) container(ctx context.Context, e zkcache.Event) {
	switch e.Type {
	case zkcache.Initialized:
		v.first.listed = true
	case zkcache.Added, zkcache.Updated:
		var meta druid.ServerMetadata
		if err := json.Unmarshal(e.Data, &meta); err != nil {
			v.log.Warn("server announcement not understood", "path", e.Path, "error", err)
			return
		}
		v.announced(ctx, e.Name, meta)
	case zkcache.Removed:
		v.removed(ctx, e.Name)
	}
}

func (v *View) announced(ctx context.Context, name string, meta druid.ServerMetadata) {
	v.mu.Lock()
	s := v.servers[name]
	known := s != nil
	if known {
		s.meta = meta
	} else {
		s = &server{name: name, meta: meta, segments: map[druid.SegmentID]held{}, nodes: map[string]*druid.Batch{}}
		v.servers[name] = s
	}
	v.mu.Unlock()
	if known {
		v.report(ctx, Event{Type: ServerUpdated, Server: meta})
		return
	}
	if !v.first.listed {
		v.first.waiting[name] = true
	}
	v.report(ctx, Event{Type: ServerAdded, Server: meta})
	v.follow(ctx, s)
}

// follow starts the cache on a server's segments.
func (v *View) follow(ctx context.Context, s *server) {
	dir := v.paths.SegmentsOf(s.name)
	if v.form == Legacy {
		dir = v.paths.ServedSegmentsOf(s.name)
	}
	s.cache = zkcache.Start(ctx, v.zc, dir, zkcache.Options{Data: true, Forget: true, Queue: v.caches.queue, Log: v.log})
	v.caches.of[s.cache] = s
}

func (v *View) removed(ctx context.Context, name string) {
	s := v.servers[name]
	if s == nil {
		return
	}
	v.caches.ending.Go(s.cache.Stop) // it may be asking something
	delete(v.caches.of, s.cache)
	v.mu.Lock()
	delete(v.servers, name)
	v.mu.Unlock()
	delete(v.first.waiting, name)
	v.report(ctx, Event{Type: ServerRemoved, Server: s.meta, Lost: s.all()})
}

// inventory handles a change among a server's segments.
func (v *View) inventory(ctx context.Context, s *server, e zkcache.Event) {
	switch e.Type {
	case zkcache.Initialized:
		delete(v.first.waiting, s.name)
	case zkcache.Added, zkcache.Updated:
		now, err := v.decode(e.Data)
		if err != nil {
			v.log.Warn("segment announcement not understood", "path", e.Path, "error", err)
			return
		}
		v.replace(ctx, s, e.Name, now)
	case zkcache.Removed:
		v.replace(ctx, s, e.Name, nil)
	}
}

func (v *View) decode(data []byte) (*druid.Batch, error) {
	if v.form == Legacy {
		one, err := druid.ParseSegment(druid.Gunzip(data))
		if err != nil {
			return nil, err
		}
		return druid.NewBatch(one), nil
	}
	many, err := druid.ReadBatch(data)
	if err != nil {
		return nil, fmt.Errorf("array of segments: %w", err)
	}
	return many, nil
}

// replace reports the difference between what a node held and what it holds now. A
// segment that another of the server's nodes holds as well stays.
func (v *View) replace(ctx context.Context, s *server, node string, now *druid.Batch) {
	before := s.nodes[node]
	if now == nil {
		delete(s.nodes, node)
	} else {
		s.nodes[node] = now
	}
	changes := now.Since(before)
	for _, c := range changes {
		if c.Before == nil && v.hold(s, c.After, 1) {
			v.report(ctx, Event{Type: SegmentAdded, Server: s.meta, Segment: c.After})
		}
	}
	for _, c := range changes {
		if c.After == nil && v.hold(s, c.Before, -1) {
			v.report(ctx, Event{Type: SegmentRemoved, Server: s.meta, Segment: c.Before})
		}
	}
}

// hold notes that one node more or less of a server announces a segment, and reports whether it is the only one.
func (v *View) hold(s *server, segment *druid.DataSegment, by int) (alone bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	h, known := s.segments[segment.ID()]
	if !known {
		h.segment = segment
	}
	if h.nodes += by; h.nodes == 0 {
		delete(s.segments, segment.ID())
		return true
	}
	s.segments[segment.ID()] = h
	return !known
}
