package cluster_test

import (
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/cluster"
	"oakmoot/control"
	"oakmoot/internal/druid"
	"oakmoot/internal/zk/zkconn"
	"oakmoot/internal/zk/zkpath"
)

// foreign are payloads that no Druid writes.
var foreign = map[string][]byte{
	"garbage": {0xff, 0x00, '{'}, "empty": {}, "half": []byte(`{"name":"127.0.0.1:1","ho`), "null": []byte("null"), "list": []byte(`[7,"x",null]`),
	"number": []byte("17"), "object": []byte(`{}`), "text": []byte(`"x"`),
	"types": []byte(`{"name":7,"host":[],"type":{},"id":[],"action":{},"worker":3,"druidNode":"x","nodeType":4,"dataSource":{},"address":{},"port":"y"}`),
	"gzip":  {0x1f, 0x8b, 8, 0, 1}, "deep": []byte(strings.Repeat("[", 100_000)),
}

// places are the parents of every kind of znode that somebody reads.
func places(paths zkpath.Paths, historical, realtime, worker string) map[string]string {
	return map[string]string{
		"announcement":            paths.Announcements,
		"batch of a historical":   paths.SegmentsOf(historical),
		"batch of a realtime":     paths.SegmentsOf(realtime),
		"batch of nobody":         paths.SegmentsOf("nobody:1"),
		"served segment":          paths.ServedSegmentsOf(historical),
		"served by nobody":        paths.ServedSegmentsOf("nobody:1"),
		"load request":            paths.LoadQueueOf(historical),
		"load request for nobody": paths.LoadQueueOf("nobody:1"),
		"load queue":              paths.LoadQueue,
		"worker":                  paths.IndexerAnnouncements,
		"task":                    paths.TasksOf(worker),
		"task of nobody":          paths.TasksOf("nobody:1"),
		"status":                  paths.StatusesOf(worker),
		"status of nobody":        paths.StatusesOf("nobody:1"),
		"coordinator's latch":     paths.CoordinatorLatch(),
		"overlord's latch":        paths.OverlordLatch(),
		"coordinator service":     paths.Service("druid/coordinator"),
		"overlord service":        paths.Service("druid/overlord"),
		"lookup listener":         paths.LookupListeners + "/__default",
		"discovered historical":   paths.NodeDiscoveryDir(druid.Historical),
		"discovered broker":       paths.NodeDiscoveryDir(druid.Broker),
		"discovered coordinator":  paths.NodeDiscoveryDir(druid.Coordinator),
		"discovered overlord":     paths.NodeDiscoveryDir(druid.Overlord),
		"discovered worker":       paths.NodeDiscoveryDir(druid.MiddleManager),
	}
}

func TestForeignPayloadsInEveryZnodeEndNobody(t *testing.T) {
	topo := cluster.Quickstart()
	var log logBuffer
	c := cluster.RunT(t, topo, control.On("127.0.0.1:0", ""), cluster.Logger(hclog.New(&hclog.LoggerOptions{Output: &log})))
	await(t, c, allServed+" and tasks(SUCCESS) == 1", 5*time.Minute)
	hosts := map[string]string{}
	for _, n := range c.Addresses().Nodes {
		hosts[n.Kind] = n.Host
	}
	paths, err := zkpath.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	zc, err := zkconn.Open(t.Context(), zkconn.Options{
		Servers: []string{c.Addresses().ZooKeeper}, SessionTimeout: 30 * time.Second, Log: hclog.NewNullLogger(),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer zc.Close()
	for what, dir := range places(paths, hosts["historical"], hosts["realtime"], hosts["middlemanager"]) {
		for name, payload := range foreign {
			path := dir + "/" + strings.ReplaceAll(what, " ", "_") + "-" + name
			if strings.Contains(what, "latch") {
				path = dir + "/" + name + "-latch-9999999999" // behind everybody
			}
			if _, err := zc.CreateParents(t.Context(), path, payload, zkconn.Persistent); err != nil {
				t.Fatalf("%s: %v", path, err)
			}
		}
	}
	before := len(c.Addresses().Nodes)
	request(t, c, "POST", "/druid/indexer/v1/task", `{"type":"noop","id":"after","runTime":1}`)
	await(t, c, "tasks(SUCCESS) == 2", time.Minute)
	for _, fault := range []string{"restart coordinator", "restart overlord", "restart historical", "restart broker", "restart middlemanager", "restart realtime"} {
		do(t, c, fault)
	}
	await(t, c, allServed+" and leaders(coordinator) == 1 and leaders(overlord) == 1", 5*time.Minute)
	request(t, c, "POST", "/druid/indexer/v1/task", `{"type":"noop","id":"again","runTime":1}`)
	await(t, c, "tasks(SUCCESS) == 3", 5*time.Minute)
	st, err := c.Status(t.Context())
	if err != nil || len(st.Nodes) != before {
		t.Errorf("got %d nodes, %v; want %d", len(st.Nodes), err, before)
	}
	for _, what := range []string{"announcement-garbage", "load_request-half", "task-number", "status-types", "worker-null"} {
		if !strings.Contains(log.String(), what) {
			t.Errorf("no log line names %s", what)
		}
	}
}
