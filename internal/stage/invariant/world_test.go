package invariant

import (
	"fmt"
	"path"
	"slices"
	"testing"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/stage/observe"
	"oakmoot/internal/zk/zkpath"
)

// world is a ZooKeeper tree and its supervisors as the invariants hear of them.
type world struct {
	t     *testing.T
	paths zkpath.Paths
	model *observe.Model
	set   *Set
	now   time.Time
	zxid  int64
	tree  map[string]*znode
}

type znode struct {
	observe.Stat
	data  []byte
	owner int64
}

// The bounds of a world, and times that lie within and behind the limits made of them.
var bounds = Bounds{Session: 6 * time.Second, Tick: 2 * time.Second, Period: time.Second, LoadTimeout: 30 * time.Second}

const (
	soon = 5 * time.Second
	late = 3 * time.Minute
)

func newWorld(t *testing.T) *world {
	t.Helper()
	paths, err := zkpath.New(map[string]string{"druid.discovery.curator.path": "/discovery"})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, paths: paths, model: observe.New(paths), set: New(bounds), now: time.Date(2019, 4, 1, 0, 0, 0, 0, time.UTC), tree: map[string]*znode{}}
	w.model.Listen(w.set)
	w.model.Sync(nil, []int64{})
	w.set.At(w.now)
	return w
}

// pass lets time go by.
func (w *world) pass(d time.Duration) {
	for ; d > 0; d -= time.Second {
		w.now = w.now.Add(time.Second)
		w.set.At(w.now)
		w.set.Tick()
	}
}

// apply commits changes as one transaction.
func (w *world) apply(changes ...observe.Change) {
	for i := range changes {
		changes[i].Zxid, changes[i].Time = w.zxid, w.now
	}
	w.model.Apply(changes...)
}

func (w *world) bytes(content any) []byte {
	w.t.Helper()
	if text, is := content.(string); is {
		return []byte(text)
	}
	data, err := druid.Marshal(content)
	if err != nil {
		w.t.Fatal(err)
	}
	return data
}

// write makes a znode, or changes it.
func (w *world) write(p string, content any, owner int64) {
	w.t.Helper()
	w.zxid++
	c := observe.Change{Op: observe.OpCreate, Path: p, After: w.bytes(content), Owner: owner}
	if n := w.tree[p]; n != nil {
		n.Mzxid, n.Version, c.Op, c.Before, c.Owner = w.zxid, n.Version+1, observe.OpSet, n.data, 0
		n.data, c.Stat = c.After, n.Stat
	} else {
		n := &znode{observe.Stat{Czxid: w.zxid, Mzxid: w.zxid, Pzxid: w.zxid}, c.After, owner}
		w.tree[p], c.Stat = n, n.Stat
		w.touchParent(p)
	}
	w.apply(c)
}

func (w *world) touchParent(p string) {
	if parent := w.tree[path.Dir(p)]; parent != nil {
		parent.Pzxid = w.zxid
	}
}

// removal is the deletion of a znode.
func (w *world) removal(p string, lapsed bool) observe.Change {
	n := w.tree[p]
	delete(w.tree, p)
	w.touchParent(p)
	return observe.Change{Op: observe.OpDelete, Path: p, Before: n.data, Stat: n.Stat, Lapsed: lapsed}
}

func (w *world) delete(p string) {
	w.zxid++
	w.apply(w.removal(p, false))
}

// open opens a session.
func (w *world) open(session int64) {
	w.zxid++
	w.apply(observe.Change{Op: observe.OpOpenSession, Session: session})
}

// end closes a session, which takes its ephemerals with it.
func (w *world) end(session int64) {
	w.zxid++
	var changes []observe.Change
	for _, p := range w.owned(session) {
		changes = append(changes, w.removal(p, true))
	}
	w.apply(append(changes, observe.Change{Op: observe.OpCloseSession, Session: session})...)
}

func (w *world) owned(session int64) (paths []string) {
	for p, n := range w.tree {
		if n.owner == session {
			paths = append(paths, p)
		}
	}
	slices.Sort(paths)
	return paths
}

func host(name string) string { return name + ":1" }

// up lets a node of ours come up in a session.
func (w *world) up(kind, name string, session int64) {
	w.open(session)
	w.model.Hear(observe.Node{Name: name, Kind: kind, Host: host(name), State: observe.Up, Session: session, Reaches: true})
}

// die ends a node without a goodbye.
func (w *world) die(kind, name string) {
	w.model.Hear(observe.Node{Name: name, Kind: kind, Host: host(name), State: observe.Killed})
}

// candidate lets a coordinator join the election, with a sequence number.
func (w *world) candidate(name string, number int, session int64) string {
	p := fmt.Sprintf("%s/_c_0-latch-%010d", w.paths.CoordinatorLatch(), number)
	w.write(p, "http://"+host(name), session)
	return p
}

// lead lets a coordinator announce itself as the leader.
func (w *world) lead(name string, session int64) string {
	p := w.paths.Discovery + "/druid:coordinator/" + name
	w.write(p, druid.ServiceInstance{Name: "druid:coordinator", ID: name, Address: name, Port: 1}, session)
	return p
}

// historical lets a historical announce itself, and segments of the data source "wiki".
func (w *world) historical(name string, session int64, days ...int) {
	w.up("historical", name, session)
	w.write(w.paths.Announcement(host(name)), druid.ServerMetadata{
		Name: host(name), Host: host(name), MaxSize: 1000, Type: druid.TypeHistorical, Tier: druid.DefaultTier,
	}, session)
	w.serve(name, session, days...)
}

// serve lets a historical announce exactly these segments.
func (w *world) serve(name string, session int64, days ...int) {
	batch := []druid.DataSegment{}
	for _, day := range days {
		batch = append(batch, segment(day))
	}
	w.write(w.paths.Segment(host(name), "batch"), batch, session)
}

func segment(day int) druid.DataSegment {
	start := druid.At(time.Date(2019, 1, 1+day, 0, 0, 0, 0, time.UTC))
	return druid.DataSegment{
		DataSource: "wiki", Interval: druid.Interval{Start: start, End: start + 86_400_000}, Version: "v",
		ShardSpec: druid.NumberedShardSpec(0, 0), Size: 100,
	}
}

// wants is what rules ask that want so many replicas of each segment.
func wants(replicas int, days ...int) (all []Want) {
	for _, day := range days {
		all = append(all, Want{segment(day).ID(), 100, map[string]int{druid.DefaultTier: replicas}})
	}
	return all
}

// worker lets a middlemanager announce itself.
func (w *world) worker(name string, session int64) {
	w.up("middlemanager", name, session)
	w.write(w.paths.Worker(host(name)), druid.Worker{Scheme: "http", Host: host(name), IP: name, Capacity: 2, Version: "0"}, session)
}

// status writes a task's status as its worker does.
func (w *world) status(name, task, status string) {
	w.write(w.paths.Status(host(name), task), druid.TaskAnnouncement{
		Status: druid.TaskStatus{ID: task, Status: status, Duration: 5}, Type: "index", Location: druid.UnknownLocation(), DataSource: "wiki",
	}, 0)
}

// breaks demands that exactly the named invariants are broken.
func (w *world) breaks(names ...string) map[string]Result {
	w.t.Helper()
	var broken []string
	results := map[string]Result{}
	for _, r := range w.set.Results() {
		if results[r.Name] = r; r.State == Broken {
			broken = append(broken, r.Name)
			w.t.Logf("%s: %s", r.Name, r.Why)
		}
	}
	if !slices.Equal(broken, names) {
		w.t.Fatalf("broken are %v, want %v", broken, names)
	}
	return results
}

// exercised demands how often an invariant was put to the test.
func (w *world) exercised(name string, want int) {
	w.t.Helper()
	if got := w.breaks()[name].Exercised; got != want {
		w.t.Errorf("%s was exercised %d times, want %d", name, got, want)
	}
}
