package zkpath_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/druid"
	"oakmoot/internal/zk/zkpath"
)

func TestDefaultsAreDruids(t *testing.T) {
	got, err := zkpath.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	want := zkpath.Paths{
		Base: "/druid", Announcements: "/druid/announcements", ServedSegments: "/druid/servedSegments",
		LiveSegments: "/druid/segments", LoadQueue: "/druid/loadQueue", Coordinator: "/druid/coordinator",
		Overlord: "/druid/overlord", InternalDiscovery: "/druid/internal-discovery", Discovery: "/druid/discovery",
		IndexerAnnouncements: "/druid/indexer/announcements", IndexerTasks: "/druid/indexer/tasks",
		IndexerStatus: "/druid/indexer/status", LookupListeners: "/druid/listeners/lookups",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestOverridesAreTakenAsTheyAre(t *testing.T) {
	got, err := zkpath.New(map[string]string{
		"druid.zk.paths.base":               "prod/",
		"druid.zk.paths.loadQueuePath":      "/elsewhere/queue",
		"druid.zk.paths.indexer.base":       "/tasks",
		"druid.zk.paths.indexer.statusPath": "/st",
		"druid.discovery.curator.path":      "/prod/disc",
		"druid.zk.paths.liveSegmentsPath":   "/prod/live",
		"druid.zk.paths.coordinatorPath":    "/prod/co",
		"druid.zk.paths.announcementsPath":  "/an",
		"druid.zk.paths.servedSegmentsPath": "/served",
		"druid.zk.paths.indexer.tasksPath":  "/t",
	})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		got.Base: "/prod", got.LoadRequest("h:1", "id"): "/elsewhere/queue/h:1/id", got.Worker("w:1"): "/tasks/announcements/w:1",
		got.Status("w:1", "t"): "/st/w:1/t", got.ServiceInstance("druid/broker", "u"): "/prod/disc/druid:broker/u",
		got.Segment("h:1", "n"): "/prod/live/h:1/n", got.CoordinatorLatch(): "/prod/co/_COORDINATOR", got.OverlordLatch(): "/prod/overlord/_OVERLORD",
		got.Announcement("h:1"): "/an/h:1", got.ServedSegment("h:1", "s"): "/served/h:1/s", got.Task("w:1", "x"): "/t/w:1/x",
		got.NodeDiscovery(druid.MiddleManager, "m:1"): "/prod/internal-discovery/MIDDLE_MANAGER/m:1",
	} {
		if path != want {
			t.Errorf("got %s, want %s", path, want)
		}
	}
}

func TestBadPathsAreRefused(t *testing.T) {
	for _, props := range []map[string]string{
		{"druid.zk.paths.loadQueuePath": "queue"},
		{"druid.zk.paths.loadQueuePath": "/queue/"},
		{"druid.discovery.curator.path": "//x"},
		{"druid.zk.paths.base": "/a/../b"},
	} {
		if p, err := zkpath.New(props); err == nil {
			t.Errorf("New(%v): got %+v, want an error", props, p)
		}
	}
}

func TestJoinIsCurators(t *testing.T) {
	for want, parts := range map[string][]string{
		"/druid": {"druid"},
		"/a/b":   {"/a/", "/b/"},
		"/a/b/c": {"a", "b", "c"},
		"/":      {"/"},
		"/x":     {"", "x"},
		"/a":     {"/a", ""},
	} {
		if got := zkpath.Join(parts[0], parts[1:]...); got != want {
			t.Errorf("Join(%q): got %q, want %q", parts, got, want)
		}
	}
}

func TestParseUndoesTheBuilders(t *testing.T) {
	p, err := zkpath.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]zkpath.Parsed{
		p.CoordinatorLatch() + "/_c_u-latch-0000000000": {Kind: zkpath.KindCoordinatorLatch, Name: "_c_u-latch-0000000000"},
		p.OverlordLatch() + "/_c_u-latch-0000000001":    {Kind: zkpath.KindOverlordLatch, Name: "_c_u-latch-0000000001"},
		p.Announcement("h:1"):                           {Kind: zkpath.KindAnnouncement, Server: "h:1", Name: "h:1"},
		p.SegmentsOf("h:1"):                             {Kind: zkpath.KindSegmentsDir, Server: "h:1", Name: "h:1"},
		p.Segment("h:1", "n"):                           {Kind: zkpath.KindSegmentBatch, Server: "h:1", Name: "n"},
		p.ServedSegment("h:1", "id"):                    {Kind: zkpath.KindServedSegment, Server: "h:1", Name: "id"},
		p.LoadQueueOf("h:1"):                            {Kind: zkpath.KindLoadQueue, Server: "h:1", Name: "h:1"},
		p.LoadRequest("h:1", "id"):                      {Kind: zkpath.KindLoadRequest, Server: "h:1", Name: "id"},
		p.NodeDiscovery(druid.Broker, "b:1"):            {Kind: zkpath.KindNodeDiscovery, Server: "b:1", Name: "b:1", Group: "BROKER"},
		p.ServiceInstance("druid/broker", "u"):          {Kind: zkpath.KindServiceInstance, Name: "u", Group: "druid:broker"},
		p.Worker("w:1"):                                 {Kind: zkpath.KindWorker, Server: "w:1", Name: "w:1"},
		p.Task("w:1", "t"):                              {Kind: zkpath.KindTask, Server: "w:1", Name: "t"},
		p.StatusesOf("w:1"):                             {Kind: zkpath.KindStatusDir, Server: "w:1", Name: "w:1"},
		p.Status("w:1", "t"):                            {Kind: zkpath.KindStatus, Server: "w:1", Name: "t"},
		p.LookupListener("__default", "h:1"):            {Kind: zkpath.KindLookupListener, Server: "h:1", Name: "http:h:1", Group: "__default"},
		"/druid":                                        {},
		"/druid/loadQueue":                              {},
		"/druid/loadQueue/h:1/id/deeper":                {},
		"/zookeeper/quota":                              {},
	} {
		if diff := cmp.Diff(want, p.Parse(path)); diff != "" {
			t.Errorf("Parse(%s):\n%s", path, diff)
		}
	}
}
