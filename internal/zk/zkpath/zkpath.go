// Package zkpath builds and parses every path of Druid's ZooKeeper layout. No
// other package writes such a path as text.
package zkpath

import (
	"strings"

	"oakmoot/internal/druid"
)

// Paths is the resolved layout of one cluster: ZkPathsConfig, IndexerZkConfig and
// CuratorDiscoveryConfig of Druid 0.14.0. It is wide because every path in those can be
// set on its own.
type Paths struct {
	Base                 string
	Announcements        string
	ServedSegments       string
	LiveSegments         string
	LoadQueue            string
	Coordinator          string
	Overlord             string
	InternalDiscovery    string
	Discovery            string // druid.discovery.curator.path, not derived from Base
	IndexerAnnouncements string
	IndexerTasks         string
	IndexerStatus        string
	LookupListeners      string
}

// setting is a property that moves one of the paths.
type setting struct {
	property string // "" for a path that no property moves
	parent   func(*Paths) string
	suffix   string
	field    func(*Paths) *string
}

func base(p *Paths) string { return p.Base }

// settings are the paths below the base, with Druid's defaults.
var settings = []setting{
	{"druid.zk.paths.announcementsPath", base, "announcements", func(p *Paths) *string { return &p.Announcements }},
	{"druid.zk.paths.servedSegmentsPath", base, "servedSegments", func(p *Paths) *string { return &p.ServedSegments }},
	{"druid.zk.paths.liveSegmentsPath", base, "segments", func(p *Paths) *string { return &p.LiveSegments }},
	{"druid.zk.paths.loadQueuePath", base, "loadQueue", func(p *Paths) *string { return &p.LoadQueue }},
	{"druid.zk.paths.coordinatorPath", base, "coordinator", func(p *Paths) *string { return &p.Coordinator }},
	{"", base, "overlord", func(p *Paths) *string { return &p.Overlord }},
	{"", base, "internal-discovery", func(p *Paths) *string { return &p.InternalDiscovery }},
	{"", base, "listeners/lookups", func(p *Paths) *string { return &p.LookupListeners }},
}

// indexerSettings are the paths below the indexer's base.
var indexerSettings = []setting{
	{"druid.zk.paths.indexer.announcementsPath", nil, "announcements", func(p *Paths) *string { return &p.IndexerAnnouncements }},
	{"druid.zk.paths.indexer.tasksPath", nil, "tasks", func(p *Paths) *string { return &p.IndexerTasks }},
	{"druid.zk.paths.indexer.statusPath", nil, "status", func(p *Paths) *string { return &p.IndexerStatus }},
}

// New resolves the layout from Druid's properties: a path that is set is taken as it
// is, any other is joined to the base.
func New(props map[string]string) (Paths, error) {
	var p Paths
	p.Base = Join("", or(props["druid.zk.paths.base"], "druid"))
	resolve := func(s setting, parent string) {
		*s.field(&p) = or(props[s.property], Join(parent, s.suffix))
	}
	for _, s := range settings {
		resolve(s, p.Base)
	}
	indexer := or(props["druid.zk.paths.indexer.base"], Join(p.Base, "indexer"))
	for _, s := range indexerSettings {
		resolve(s, indexer)
	}
	p.Discovery = or(props["druid.discovery.curator.path"], "/druid/discovery")
	return p, p.validate()
}

func or(value, def string) string {
	if value != "" {
		return value
	}
	return def
}

// Join is Curator's ZKPaths.makePath: the parent gets a leading slash and loses one
// trailing slash, and a child loses its slashes at both ends.
func Join(parent string, children ...string) string {
	if parent != "" && parent[0] != '/' {
		parent = "/" + parent
	}
	parent = strings.TrimSuffix(parent, "/")
	for _, child := range children {
		child = strings.TrimSuffix(strings.TrimPrefix(child, "/"), "/")
		if child != "" {
			parent += "/" + child
		}
	}
	if parent == "" {
		return "/"
	}
	return parent
}

// Name returns the last part of a path.
func Name(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// Parent returns a path without its last part.
func Parent(path string) string {
	if i := strings.LastIndexByte(path, '/'); i > 0 {
		return path[:i]
	}
	return "/"
}

// Announcement is a data server's announcement.
func (p Paths) Announcement(server string) string { return Join(p.Announcements, server) }

// SegmentsOf is the directory of a server's batch nodes.
func (p Paths) SegmentsOf(server string) string { return Join(p.LiveSegments, server) }

// Segment is one of a server's batch nodes.
func (p Paths) Segment(server, node string) string { return Join(p.LiveSegments, server, node) }

// ServedSegmentsOf is the permanent directory of the documented form.
func (p Paths) ServedSegmentsOf(server string) string { return Join(p.ServedSegments, server) }

// ServedSegment is a served segment in the documented form.
func (p Paths) ServedSegment(server, segmentID string) string {
	return Join(p.ServedSegments, server, segmentID)
}

// LoadQueueOf is a server's load queue.
func (p Paths) LoadQueueOf(server string) string { return Join(p.LoadQueue, server) }

// LoadRequest is an entry of a load queue.
func (p Paths) LoadRequest(server, segmentID string) string {
	return Join(p.LoadQueue, server, segmentID)
}

// CoordinatorLatch is the directory of the coordinators' latch nodes.
func (p Paths) CoordinatorLatch() string { return Join(p.Coordinator, "_COORDINATOR") }

// OverlordLatch is the directory of the overlords' latch nodes.
func (p Paths) OverlordLatch() string { return Join(p.Overlord, "_OVERLORD") }

// NodeDiscoveryDir is the internal-discovery directory of a node type.
func (p Paths) NodeDiscoveryDir(t druid.NodeType) string { return Join(p.InternalDiscovery, t.Dir()) }

// NodeDiscovery is a node's internal-discovery entry.
func (p Paths) NodeDiscovery(t druid.NodeType, host string) string {
	return Join(p.InternalDiscovery, t.Dir(), host)
}

// Service is the curator-x-discovery directory of a service such as druid/coordinator,
// whose slashes become colons.
func (p Paths) Service(service string) string {
	return Join(p.Discovery, strings.ReplaceAll(service, "/", ":"))
}

// ServiceInstance is an instance of a service.
func (p Paths) ServiceInstance(service, id string) string { return Join(p.Service(service), id) }

// Worker is a middleManager's announcement.
func (p Paths) Worker(host string) string { return Join(p.IndexerAnnouncements, host) }

// TasksOf is the directory of the tasks assigned to a worker.
func (p Paths) TasksOf(host string) string { return Join(p.IndexerTasks, host) }

// Task is a task assigned to a worker.
func (p Paths) Task(host, id string) string { return Join(p.IndexerTasks, host, id) }

// StatusesOf is the directory of a worker's task statuses.
func (p Paths) StatusesOf(host string) string { return Join(p.IndexerStatus, host) }

// Status is the status of a task on a worker.
func (p Paths) Status(host, id string) string { return Join(p.IndexerStatus, host, id) }

// LookupListener is the entry of a node that takes lookups; its host is written with
// the scheme, as in Druid: http:HOST:PORT.
func (p Paths) LookupListener(tier, host string) string {
	return Join(p.LookupListeners, tier, "http:"+host)
}
