package coordinator

import (
	"maps"
	"slices"
	"sync"

	"oakmoot/internal/druid"
	"oakmoot/internal/roles/coordinator/balance"
	"oakmoot/internal/roles/coordinator/plan"
	"oakmoot/internal/zk/inventory"
)

// census is the servers and what they serve, as the duties know them. It is taken once from the view, and from then on
// kept up by what changes there. The loop owns it.
type census struct {
	view    *inventory.View
	changes *changes
	catalog *plan.Catalog
	servers map[string]*balance.Server // all in view, by name; nil before it has been taken
}

// changes are those of the view that nobody has looked at yet. They are collected once somebody has asked for them.
type changes struct {
	mu     sync.Mutex // guards the fields below
	wanted bool
	events []inventory.Event
}

// add collects a change.
func (c *changes) add(e inventory.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.wanted {
		c.events = append(c.events, e)
	}
}

// take returns what has been collected. From now on, changes are collected if they are wanted.
func (c *changes) take(wanted bool) []inventory.Event {
	c.mu.Lock()
	defer c.mu.Unlock()
	taken := c.events
	c.events, c.wanted = nil, wanted
	return taken
}

// update takes in what has changed. The first time, changes that are in the view already may come again afterwards;
// in the end that makes no difference.
func (c *census) update() {
	events := c.changes.take(true)
	if c.servers != nil {
		for _, e := range events {
			c.apply(e)
		}
		return
	}
	c.servers = map[string]*balance.Server{}
	for _, s := range c.view.Snapshot() {
		c.add(s.Meta)
		for _, segment := range s.Segments {
			c.serve(s.Meta.Name, segment)
		}
	}
}

// end is for when the census is no longer needed.
func (c *census) end() { c.changes.take(false) }

// targets are the servers that segments are replicated onto, by name.
func (c *census) targets() []*balance.Server {
	var all []*balance.Server
	for _, name := range slices.Sorted(maps.Keys(c.servers)) {
		if s := c.servers[name]; s.Meta.ReplicationTarget() {
			all = append(all, s)
		}
	}
	return all
}

func (c *census) apply(e inventory.Event) {
	switch e.Type {
	case inventory.ServerAdded, inventory.ServerUpdated:
		c.add(e.Server)
	case inventory.ServerRemoved:
		c.remove(e.Server.Name)
	case inventory.SegmentAdded:
		c.serve(e.Server.Name, e.Segment)
	case inventory.SegmentRemoved:
		c.unserve(e.Server.Name, e.Segment.ID())
	}
}

// add takes in a server, or what a known one says of itself now.
func (c *census) add(meta druid.ServerMetadata) {
	s := c.servers[meta.Name]
	if s == nil {
		c.servers[meta.Name] = balance.NewServer(meta)
		return
	}
	was := s.Meta.ReplicationTarget()
	s.Meta = meta
	switch is := meta.ReplicationTarget(); {
	case is && !was:
		c.catalog.Attend(s)
	case was && !is:
		c.catalog.Dismiss(s)
	}
}

func (c *census) remove(name string) {
	if s := c.servers[name]; s != nil && s.Meta.ReplicationTarget() {
		c.catalog.Dismiss(s)
	}
	delete(c.servers, name)
}

func (c *census) serve(name string, segment *druid.DataSegment) {
	switch s := c.servers[name]; {
	case s == nil:
	case s.Meta.ReplicationTarget():
		c.catalog.Announced(s, segment)
	default:
		s.Serve(segment)
	}
}

func (c *census) unserve(name string, id druid.SegmentID) {
	switch s := c.servers[name]; {
	case s == nil:
	case s.Meta.ReplicationTarget():
		c.catalog.Unannounced(s, id)
	default:
		s.Unserve(id)
	}
}
