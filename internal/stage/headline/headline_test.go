package headline_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/druid"
	"oakmoot/internal/stage/headline"
	"oakmoot/internal/stage/observe"
	"oakmoot/internal/zk/zkpath"
)

// world is a small cluster that is well, until a test does something to it.
type world struct {
	t     *testing.T
	paths zkpath.Paths
	model *observe.Model
	now   time.Time
	zxid  int64
	ends  map[int64]time.Time
	scene headline.Scene
}

// nodes of the world, each with the session of its number from 1.
var nodes = []struct{ name, kind string }{
	{"coordinator-1", "coordinator"}, {"coordinator-2", "coordinator"}, {"historical-1", "historical"}, {"middlemanager-1", "middlemanager"}, {"broker-1", "broker"},
}

func newWorld(t *testing.T) *world {
	t.Helper()
	paths, err := zkpath.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, paths: paths, model: observe.New(paths), now: time.Date(2019, 4, 1, 0, 0, 0, 0, time.UTC), ends: map[int64]time.Time{}}
	w.model.Sync(nil, []int64{})
	for i := range nodes {
		w.is(i, observe.Up)
	}
	for i, number := range []int{7, 3} { // the second is the first in the latch
		w.write(fmt.Sprintf("%s/_c_%d-latch-%010d", paths.CoordinatorLatch(), i, number), "http://"+host(i), int64(i+1))
	}
	w.write(paths.Discovery+"/druid:coordinator/a", druid.ServiceInstance{Name: "druid:coordinator", ID: "a", Address: nodes[1].name, Port: 1}, 2)
	w.write(paths.Announcement(host(2)), druid.ServerMetadata{Name: host(2), Host: host(2), MaxSize: 1000, Type: druid.TypeHistorical, Tier: druid.DefaultTier}, 3)
	w.write(paths.Segment(host(2), "batch"), []druid.DataSegment{segment()}, 3)
	w.write(paths.Worker(host(3)), druid.Worker{Scheme: "http", Host: host(3), IP: "a", Capacity: 2, Version: "0"}, 4)
	w.model.Count(observe.Store{Used: map[string]int{"wiki": 1}})
	w.scene.Ready = true
	return w
}

func host(i int) string { return nodes[i].name + ":1" }

func segment() druid.DataSegment {
	start := druid.At(time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC))
	return druid.DataSegment{
		DataSource: "wiki", Interval: druid.Interval{Start: start, End: start + 86_400_000}, Version: "v",
		ShardSpec: druid.NumberedShardSpec(0, 0), Size: 995,
	}
}

func (w *world) write(path string, content any, owner int64) {
	w.t.Helper()
	data, err := druid.Marshal(content)
	if text, is := content.(string); is {
		data = []byte(text)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	w.zxid++
	w.model.Apply(observe.Change{Zxid: w.zxid, Time: w.now, Op: observe.OpCreate, Path: path, After: data, Owner: owner})
}

// is has a node be in a state.
func (w *world) is(i int, state observe.State) {
	n := observe.Node{Name: nodes[i].name, Kind: nodes[i].kind, Host: host(i), State: state, Session: int64(i + 1), Reaches: true}
	if !n.Runs() {
		n.Session, n.Reaches = 0, false
	}
	w.model.HearAt(n, w.now)
}

func (w *world) passes(d time.Duration) { w.now = w.now.Add(d) }

func (w *world) headline() headline.Headline {
	w.scene.Moment = w.model.Look(1, w.now, w.ends)
	return headline.Of(w.scene)
}

func TestHeadlineIsWhatMattersMost(t *testing.T) {
	for _, tc := range []struct {
		name  string
		do    func(*world)
		level string
		text  string
		about []string
	}{
		{"all is well", func(*world) {}, "ok", "all is well: 5 nodes, 1 segment served", []string{}},
		{"ZooKeeper is away", func(w *world) { w.scene.Away = w.now; w.passes(9 * time.Second) }, "bad",
			"ZooKeeper has not answered for 9 s: who leads and what is announced is not known", []string{}},
		{"it is starting", func(w *world) { w.scene.Ready = false; w.is(4, observe.Starting) }, "warn",
			"the cluster is starting: 4 of 5 nodes are up; waiting for broker-1", []string{"broker-1"}},
		{"the leader was killed", func(w *world) {
			w.is(1, observe.Killed)
			w.passes(4 * time.Second)
			w.ends[2] = w.now.Add(2 * time.Second)
		}, "bad", "no coordinator leads: coordinator-2 was killed 4 s ago, its session ends in 2 s; coordinator-1 is next in the latch", []string{"coordinator-2", "coordinator-1"}},
		{"the leader is paused, and the other is stopped", func(w *world) {
			w.is(0, observe.Stopped)
			w.is(1, observe.Paused)
			w.model.Begin(observe.Fault{ID: "f1", Do: "pause coordinator-2 for 10s", Nodes: []string{"coordinator-2"}, Since: w.now, Until: w.now.Add(10 * time.Second)})
			w.passes(4 * time.Second)
		}, "bad", "no coordinator leads: coordinator-2 was paused 4 s ago (pause coordinator-2 for 10s, ends in 6 s); coordinator-1 was stopped 4 s ago", []string{"coordinator-2", "coordinator-1"}},
		{"no historical", func(w *world) { w.is(2, observe.Killed); w.passes(3 * time.Second) }, "bad",
			"no historical works, so nothing is loaded or served: historical-1 was killed 3 s ago", []string{"historical-1"}},
		{"no broker", func(w *world) { w.is(4, observe.Stopped) }, "bad", "no broker works, so no query is answered: broker-1 was stopped 0 s ago", []string{"broker-1"}},
		{"something is broken", func(w *world) { w.scene.Broken = []string{"an expectation is broken: never a", "b"} }, "bad",
			"an expectation is broken: never a, and 1 more", []string{}},
		{"a dead node is shown as alive", func(w *world) {
			w.is(0, observe.Killed)
			w.passes(time.Second)
			w.ends[1] = w.now.Add(5 * time.Second)
		}, "warn", "coordinator-1 was killed 1 s ago, and ZooKeeper still shows it, its session ends in 5 s", []string{"coordinator-1"}},
		{"a node is cut off", func(w *world) {
			w.model.HearAt(observe.Node{Name: "coordinator-1", Kind: "coordinator", Host: host(0), State: observe.Up, Session: 1}, w.now)
			w.model.Begin(observe.Fault{ID: "f1", Do: "cut coordinator-1 from zookeeper", Nodes: []string{"coordinator-1"}, Since: w.now})
		}, "warn", "coordinator-1 does not reach ZooKeeper (cut coordinator-1 from zookeeper, until it is healed)", []string{"coordinator-1"}},
		{"segments are not served, and there is no room", func(w *world) { w.model.Count(observe.Store{Used: map[string]int{"wiki": 3}}) }, "warn",
			"2 segments of wiki are used and on no historical: no historical has room for more", []string{"coordinator-2"}},
		{"a segment is not served, and is queued", func(w *world) {
			w.model.Count(observe.Store{Used: map[string]int{"wiki": 2}})
			w.write(w.paths.LoadRequest(host(2), "wiki_x"), "{}", 0)
		}, "warn", "1 segment of wiki is used and on no historical: 1 request is in the load queues", []string{"coordinator-2"}},
		{"tasks wait", func(w *world) {
			w.model.Count(observe.Store{Used: map[string]int{"wiki": 1}, Tasks: map[string]int{"RUNNING": 3}})
			w.write(w.paths.Task(host(3), "a"), "{}", 0)
			w.write(w.paths.Task(host(3), "b"), "{}", 0)
		}, "warn", "1 task waits for a worker: all 2 slots are taken", []string{}},
		{"a node is down for a while", func(w *world) {
			w.model.HearAt(observe.Node{Name: "broker-2", Kind: "broker", Host: "b:1", State: observe.Killed}, w.now)
			w.model.Begin(observe.Fault{ID: "f1", Do: "kill broker-2 for 9s", Nodes: []string{"broker-2"}, Since: w.now, Until: w.now.Add(9 * time.Second)})
			w.passes(2 * time.Second)
		}, "warn", "broker-2 was killed 2 s ago and is started again in 7 s", []string{"broker-2"}},
		{"a fault is armed", func(w *world) {
			w.model.Begin(observe.Fault{ID: "f1", Do: "delay broker by 1s for 9s", Nodes: []string{"broker-1"}, Since: w.now, Until: w.now.Add(9 * time.Second)})
			w.passes(2 * time.Second)
		}, "warn", "a fault is at work: delay broker by 1s for 9s, ends in 7 s", []string{"broker-1"}},
	} {
		w := newWorld(t)
		tc.do(w)
		h := w.headline()
		if diff := cmp.Diff(headline.Headline{Level: tc.level, Text: tc.text, About: tc.about}, h); diff != "" {
			t.Errorf("%s: headline (-want +got):\n%s", tc.name, diff)
		}
	}
}

func TestOfTwoThingsTheWorseIsTheHeadline(t *testing.T) {
	w := newWorld(t)
	w.is(4, observe.Killed)
	w.is(1, observe.Killed)
	if h := w.headline(); h.About[0] != "coordinator-2" {
		t.Errorf("got %+v, want the missing leader before the missing broker", h)
	}
}
