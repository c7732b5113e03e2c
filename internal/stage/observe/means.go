package observe

import "oakmoot/internal/zk/zkpath"

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

// directories are those of Druid's layout, and what they are for.
func directories(p zkpath.Paths) map[string]string {
	return map[string]string{
		p.Base:                 "Druid's part of ZooKeeper: druid.zk.paths.base.",
		p.Coordinator:          "The coordinators' election is below it.",
		p.CoordinatorLatch():   "The coordinators' election: each that runs has a numbered ephemeral here, and the lowest number leads.",
		p.Overlord:             "The overlords' election is below it.",
		p.OverlordLatch():      "The overlords' election: each that runs has a numbered ephemeral here, and the lowest number leads.",
		p.Announcements:        "The servers that hold segments: an ephemeral for each that lives.",
		p.LiveSegments:         "Which server serves which segments, in batches.",
		p.ServedSegments:       "Which server serves which segments, one znode a segment: the older form.",
		p.LoadQueue:            "What each server is to load or drop: the leading coordinator writes it, the server deletes what it has done.",
		p.InternalDiscovery:    "The nodes by their types: an ephemeral for each that lives.",
		p.Discovery:            "The services by their names, as curator-x-discovery has them.",
		p.IndexerAnnouncements: "The middleManagers that take tasks: an ephemeral for each that lives.",
		p.IndexerTasks:         "Which tasks each middleManager is to run: the leading overlord writes it.",
		p.IndexerStatus:        "What has become of the tasks of each middleManager.",
		p.LookupListeners:      "The nodes that take lookups.",
	}
}

// Means is a sentence on what the znode at a path is in Druid's protocols.
func Means(paths zkpath.Paths, path string) string {
	if sentence, known := means[paths.Parse(path).Kind]; known {
		return sentence
	}
	if sentence, known := directories(paths)[path]; known {
		return sentence
	}
	return "It belongs to none of Druid's protocols, or is a directory on the way to one."
}
