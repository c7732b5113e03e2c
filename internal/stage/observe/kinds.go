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
	// host is the host:port of the process that announces itself with the znode, or "".
	host func(p zkpath.Parsed, says any) string
	// show adds what the znode says to what ZooKeeper shows, or removes it again.
	show func(s *Shown, e *entry, put bool)
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

// means says what a znode of a kind is in Druid's protocols.
var means = map[zkpath.Kind]string{
	zkpath.KindCoordinatorLatch:  "A coordinator that stands for election: of these, the one with the lowest number leads, and each watches the one before it (LeaderLatch).",
	zkpath.KindOverlordLatch:     "An overlord that stands for election: of these, the one with the lowest number leads, and each watches the one before it (LeaderLatch).",
	zkpath.KindServiceInstance:   "A process that others find by the name of its service (curator-x-discovery). Only the leader announces druid:coordinator and druid:overlord.",
	zkpath.KindNodeDiscovery:     "A node that others find by its type, and what it can do (CuratorDruidNodeAnnouncer).",
	zkpath.KindAnnouncement:      "A server that can hold segments: its type, tier and size. While it is here, coordinators and brokers count with it (CuratorDataSegmentServerAnnouncer).",
	zkpath.KindSegmentsDir:       "Below it a server announces the segments that it serves.",
	zkpath.KindSegmentBatch:      "Up to fifty segments that a server serves: a broker sends it queries for them (BatchDataSegmentAnnouncer).",
	zkpath.KindServedSegmentsDir: "Below it a server announces the segments that it serves, each in a znode of its own.",
	zkpath.KindServedSegment:     "A segment that a server serves, in the older form of one znode a segment (SingleDataSegmentAnnouncer).",
	zkpath.KindLoadQueue:         "The load queue of a server: the leading coordinator puts in what it is to load or drop.",
	zkpath.KindLoadRequest:       "A segment that the leading coordinator asks a server to load or drop. The server deletes it when it has done so (CuratorLoadQueuePeon, ZkCoordinator).",
	zkpath.KindWorker:            "A middleManager that takes tasks, and how many at once (WorkerCuratorCoordinator).",
	zkpath.KindTasksDir:          "Below it the leading overlord puts the tasks that a middleManager is to run.",
	zkpath.KindTask:              "A task that the leading overlord has assigned to a middleManager, which deletes it when it takes it (RemoteTaskRunner, WorkerTaskMonitor).",
	zkpath.KindStatusDir:         "Below it a middleManager says what becomes of its tasks.",
	zkpath.KindStatus:            "What has become of a task on its middleManager. The overlord deletes it once the task has ended and it has taken note (WorkerCuratorCoordinator).",
	zkpath.KindLookupListener:    "A node that takes lookups from the leading coordinator (LookupResourceListenerAnnouncer).",
}

// Means is a sentence on what a znode of a kind is in Druid's protocols.
func Means(kind zkpath.Kind) string {
	if sentence, known := means[kind]; known {
		return sentence
	}
	return "A directory, or a znode that belongs to none of Druid's protocols."
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
