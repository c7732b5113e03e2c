package observe

import (
	"encoding/json"

	"oakmoot/internal/druid"
	"oakmoot/internal/zk/zkpath"
)

// znodeKind is all that is known of one kind of znode.
type znodeKind struct {
	// decode reads the content, unzipped. What is not what the path promises says
	// nothing: nil.
	decode func(p zkpath.Parsed, content []byte) (says any)
	// host is the host:port of the process that announces itself with it, or "".
	host func(p zkpath.Parsed, says any) string
	// show puts what it says into what ZooKeeper shows, or takes it out again.
	show func(s *Shown, e *entry, put bool)
	// tell puts a change of it into Druid's words.
	tell func(e *Event, s story)
}

// znodeKinds is every kind of znode that belongs to one of Druid's protocols.
var znodeKinds = map[zkpath.Kind]znodeKind{
	zkpath.KindCoordinatorLatch: latchKind("coordinator"),
	zkpath.KindOverlordLatch:    latchKind("overlord"),
	zkpath.KindServiceInstance:  serviceKind,
	zkpath.KindNodeDiscovery:    discoveryKind,
	zkpath.KindAnnouncement:     serverKind,
	zkpath.KindSegmentBatch:     batchKind,
	zkpath.KindServedSegment:    servedSegmentKind,
	zkpath.KindLoadRequest:      loadRequestKind,
	zkpath.KindWorker:           workerKind,
	zkpath.KindTask:             assignmentKind,
	zkpath.KindStatus:           taskStatusKind,
	zkpath.KindLookupListener:   lookupListenerKind,
}

// entry is a znode as the model holds it.
type entry struct {
	zkpath.Parsed
	path  string
	owner int64 // the session of an ephemeral, 0 otherwise
	mzxid int64
	says  any
	data  []byte // nil unless the model keeps it
	host  string // whose announcement of itself it is, "" for any other znode
	in    *Shown // where it is shown
}

// read makes an entry of a znode.
func read(paths zkpath.Paths, n Znode) *entry {
	e := &entry{Parsed: paths.Parse(n.Path), path: n.Path, owner: n.Owner, mzxid: n.Mzxid}
	e.says, e.host = Decode(e.Parsed, n.Data)
	return e
}

// reads decodes JSON of one type.
func reads[T any](_ zkpath.Parsed, content []byte) any {
	var v T
	if json.Unmarshal(content, &v) != nil {
		return nil
	}
	return v
}

// pathsServer is the host of what carries it in its path.
func pathsServer(p zkpath.Parsed, _ any) string { return p.Server }

// set puts what a znode says under a key, or takes it back.
func set[K comparable, V any](s sayings[K, V], put bool, key K, path string, value V) {
	if put {
		s.put(key, path, value)
	} else {
		s.drop(key, path)
	}
}

// Decode reads the content of a znode as what its path promises: a druid.ServerMetadata,
// for example, or the host:port of a latch. It is nil when the content is something
// else, and for a path that promises nothing. The host is that of the process which
// announces itself with the znode, or "".
func Decode(p zkpath.Parsed, data []byte) (says any, host string) {
	kind, known := znodeKinds[p.Kind]
	if !known {
		return nil, ""
	}
	says = kind.decode(p, druid.Gunzip(data))
	if kind.host != nil {
		host = kind.host(p, says)
	}
	return says, host
}
