package zkpath

import (
	"fmt"
	"strings"
)

// Kind is what a path is in Druid's layout.
type Kind string

// Kinds of paths. A path above the layout's directories, or outside the layout, is
// KindOther.
const (
	KindOther             Kind = ""
	KindCoordinatorLatch  Kind = "coordinator latch"
	KindOverlordLatch     Kind = "overlord latch"
	KindAnnouncement      Kind = "server announcement"
	KindSegmentsDir       Kind = "segments directory"
	KindSegmentBatch      Kind = "segment batch"
	KindServedSegmentsDir Kind = "served segments directory"
	KindServedSegment     Kind = "served segment"
	KindLoadQueue         Kind = "load queue"
	KindLoadRequest       Kind = "load request"
	KindNodeDiscovery     Kind = "node discovery"
	KindServiceInstance   Kind = "service instance"
	KindWorker            Kind = "worker announcement"
	KindTasksDir          Kind = "tasks directory"
	KindTask              Kind = "task assignment"
	KindStatusDir         Kind = "status directory"
	KindStatus            Kind = "task status"
	KindLookupListener    Kind = "lookup listener"
)

// Parsed is a path taken apart.
type Parsed struct {
	Kind   Kind
	Server string // host:port of the server, worker or node that owns it; "" for a latch or a service
	Name   string // the last part: segment id, task id, latch node, batch node, instance id
	Group  string // node type directory, service or lookup tier
}

// shape is a directory, with what its children and grandchildren are.
type shape struct {
	dir               string
	child, grandchild Kind
	childNamesAServer bool // otherwise it names a group
}

func (p Paths) shapes() [12]shape {
	return [12]shape{
		{p.CoordinatorLatch(), KindCoordinatorLatch, "", false},
		{p.OverlordLatch(), KindOverlordLatch, "", false},
		{p.Announcements, KindAnnouncement, "", true},
		{p.LiveSegments, KindSegmentsDir, KindSegmentBatch, true},
		{p.ServedSegments, KindServedSegmentsDir, KindServedSegment, true},
		{p.LoadQueue, KindLoadQueue, KindLoadRequest, true},
		{p.InternalDiscovery, "", KindNodeDiscovery, false},
		{p.Discovery, "", KindServiceInstance, false},
		{p.IndexerAnnouncements, KindWorker, "", true},
		{p.IndexerTasks, KindTasksDir, KindTask, true},
		{p.IndexerStatus, KindStatusDir, KindStatus, true},
		{p.LookupListeners, "", KindLookupListener, false},
	}
}

// Parse says what a path is. Where directories of the layout overlap, the longest that
// fits wins.
func (p Paths) Parse(path string) Parsed {
	var best Parsed
	longest := 0
	for _, s := range p.shapes() {
		rest, ok := strings.CutPrefix(path, s.dir)
		if !ok || len(s.dir) < longest || rest == "" || rest[0] != '/' {
			continue
		}
		if parsed, ok := s.parse(rest[1:]); ok {
			best, longest = parsed, len(s.dir)
		}
	}
	return best
}

func (s shape) parse(rest string) (Parsed, bool) {
	child, name, deeper := strings.Cut(rest, "/")
	switch {
	case !deeper && s.child != "":
		parsed := Parsed{Kind: s.child, Name: child}
		if s.childNamesAServer {
			parsed.Server = child
		}
		return parsed, true
	case deeper && s.grandchild != "" && !strings.Contains(name, "/"):
		parsed := Parsed{Kind: s.grandchild, Name: name}
		switch {
		case s.childNamesAServer:
			parsed.Server = child
		default:
			parsed.Group = child
			if s.grandchild == KindNodeDiscovery {
				parsed.Server = name
			}
			if s.grandchild == KindLookupListener {
				parsed.Server = strings.TrimPrefix(name, "http:")
			}
		}
		return parsed, true
	}
	return Parsed{}, false
}

// validate refuses paths that ZooKeeper, or Curator before it, would refuse.
func (p Paths) validate() error {
	for _, s := range p.shapes() {
		if err := validPath(s.dir); err != nil {
			return err
		}
	}
	return validPath(p.Base)
}

func validPath(path string) error {
	switch {
	case !strings.HasPrefix(path, "/"):
		return fmt.Errorf("path %q does not begin with /", path)
	case path != "/" && strings.HasSuffix(path, "/"):
		return fmt.Errorf("path %q ends with /", path)
	case strings.Contains(path, "//"):
		return fmt.Errorf("path %q has an empty part", path)
	}
	for part := range strings.SplitSeq(path, "/") {
		if part == "." || part == ".." {
			return fmt.Errorf("path %q has a relative part", path)
		}
	}
	return nil
}
