package observe

import (
	"encoding/json"

	"oakmoot/internal/druid"
	"oakmoot/internal/zk/zkpath"
)

// znodeKind is all that is known about one kind of znode.
type znodeKind struct {
	// decode reads the content, unzipped; nil if it is not what the path promises.
	decode func(p zkpath.Parsed, content []byte) (says any)
	// decodePacked takes the content as it is in the znode instead, and unzipped, unless that is nil.
	decodePacked func(packed, content []byte) (says any)
	// host is the host:port of the process that announces itself with the znode, or "".
	host func(p zkpath.Parsed, says any) string
	// show adds what the znode says to what ZooKeeper shows, or removes it again.
	show func(s *Shown, e *entry, put bool)
	// turn has what ZooKeeper shows follow a changed znode, where that is cheaper than to remove what it said and to add
	// what it says; or it is nil.
	turn func(s *Shown, from, to *entry)
	// tell puts a change of it into Druid's words.
	tell func(e *Event, s story)
}

// znodeKinds has every kind of znode that belongs to one of Druid's protocols.
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

// read makes an entry for a znode.
func read(paths zkpath.Paths, n Znode) *entry {
	e := &entry{Parsed: paths.Parse(n.Path), path: n.Path, owner: n.Owner, mzxid: n.Mzxid}
	if n.Means != nil {
		e.says, e.host = n.Means.says, n.Means.host
	} else {
		e.says, e.host = Decode(e.Parsed, n.Data)
	}
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

// pathsServer is the host, for znodes whose path contains it.
func pathsServer(p zkpath.Parsed, _ any) string { return p.Server }

// set adds what a znode says under a key, or removes it.
func set[K comparable, V any](s sayings[K, V], put bool, key K, path string, value V) {
	if put {
		s.put(key, path, value)
	} else {
		s.drop(key, path)
	}
}

// Decode reads the content of a znode as what its path promises: a druid.ServerMetadata, for example, or the
// host:port of a latch. It is nil if the content is something else, and for a path that promises nothing. host is
// that of the process that announces itself with the znode, or "".
func Decode(p zkpath.Parsed, data []byte) (says any, host string) { return decode(p, data, nil) }

// decode is Decode for who has unzipped the data, or nil.
func decode(p zkpath.Parsed, data, content []byte) (says any, host string) {
	kind, known := znodeKinds[p.Kind]
	switch {
	case !known:
		return nil, ""
	case kind.decodePacked != nil:
		says = kind.decodePacked(data, content)
	case content == nil:
		says = kind.decode(p, druid.Gunzip(data))
	default:
		says = kind.decode(p, content)
	}
	if kind.host != nil {
		host = kind.host(p, says)
	}
	return says, host
}
