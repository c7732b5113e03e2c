//go:build interop

package interop

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"oakmoot/cluster"
	"oakmoot/internal/zk/zkconn"
	"oakmoot/interop/real"
	"oakmoot/interop/recording"
	"oakmoot/zkembed"
)

// TestMatrixWhatTheyWriteInOurSeats runs one story with our process in each seat and with a real one, and compares
// what each process of the cluster wrote to ZooKeeper: operation, path, mode and payload, in order.
func TestMatrixWhatTheyWriteInOurSeats(t *testing.T) {
	g := newGame(t)
	r := g.recorded(t)
	for _, s := range seats {
		g.cell(t, s.cell, s.server+" "+g.version, "what everybody writes to ZooKeeper is what they write with ours in its seat", func(t *testing.T) {
			name := s.kind + "-1"
			g.do(t, "stop "+name)
			r.forget(t, name)
			ours := r.tell(t, "ours-as-"+s.kind, occupant{
				come:  func() string { g.do(t, "start "+name); return g.host(t, name) },
				leave: func() { g.do(t, "stop "+name) },
			})
			r.forget(t, name)
			var p *real.Process
			theirs := r.tell(t, "theirs-as-"+s.kind, occupant{
				come: func() string {
					p = g.seat(t, s.server, s.server, nil)
					r.names[p.Host] = s.kind
					up(t, p)
					return p.Host
				},
				leave: func() { p.Stop() },
			})
			for i := range ours {
				for _, text := range r.judge.Stage(ours[i].name, theirs[i].wrote, ours[i].wrote) {
					t.Errorf("Druid %s (-) and ours (+): %s", g.version, text)
				}
			}
			g.do(t, "start "+name)
			g.await(t, "served(flights) == 3 and queued() == 0")
		})
	}
	for _, d := range r.judge.Unmet() {
		t.Errorf("nothing differs any more because %s", d.Because)
	}
}

// accepted is what real processes write differently from ours.
var accepted = []recording.Difference{
	{
		Stage: "^stop$", Who: "^historical$", Line: `^multi delete /druid/segments/<historical>/`, How: recording.AnyOrder,
		Because: "Announcer.stop goes through a ConcurrentHashMap of names with random ids",
	},
	{
		Stage: "^stop$", Who: "^(coordinator|broker)$", Line: `^create /druid/segments/<historical>$`, How: recording.Race,
		Because: "PathChildrenCache.refresh makes a directory again that is gone (NO_NODE_EXCEPTION), if it looks before the " +
			"historical's own announcement is seen to be gone, with which it is closed",
	},
	{
		Stage: "^start$", Who: "^(coordinator|overlord)$", Line: `^create ephemeral /druid/(internal-)?discovery/`, How: recording.AnyOrder,
		Because: "LeaderLatch calls its listeners on a thread of its own, while the Lifecycle goes on to announce the node",
	},
	{
		Stage: "^stop$", Who: "^(coordinator|overlord)$", Line: `^delete`, How: recording.AnyOrder,
		Because: "DruidLeaderSelector and ServiceAnnouncer leave on threads of their own",
	},
	{
		Who: "^middlemanager$", Line: `^multi (create /druid/indexer/status|delete /druid/indexer/tasks)/`, How: recording.Together,
		Because: "WorkerTaskMonitor writes the status and then deletes the assignment; ours does both or neither, so that a task begins on one worker only",
	},
	{
		Who: "^peon$", How: recording.LeftOut,
		Because: "our tasks are goroutines of their middlemanager: they have no session, and no lookups to listen for (LookupListeningAnnouncerConfig)",
	},
}

// seats are the roles to compare, with their cells and their names on Druid's command line.
var seats = []struct {
	cell         int
	kind, server string
}{
	{2, "historical", "historical"},
	{4, "coordinator", "coordinator"},
	{7, "overlord", "overlord"},
	{9, "middlemanager", "middleManager"},
	{10, "broker", "broker"},
}

// recorded runs a cluster with one node in each seat, and keeps everything that is written to ZooKeeper.
func (g *game) recorded(t *testing.T) *recorder {
	t.Helper()
	g.onPostgres(t)
	zk := zkembed.RunT(t, zkembed.Options{Listen: "127.0.0.1:0", Tick: 500 * time.Millisecond})
	g.place.ZooKeeper = zk.Addr()
	g.play(t, cluster.Topology{
		Metadata: cluster.Metadata{Kind: "postgresql", Connect: g.place.Postgres.Login()},
		Defaults: cluster.Defaults{Announcer: "batch"},
		Roles: []cluster.Role{
			{Kind: "coordinator"}, {Kind: "overlord"}, {Kind: "broker"}, {Kind: "middlemanager", Capacity: 3},
			{Kind: "historical", MaxSize: cluster.Size{Bytes: 10_000_000_000, Set: true}},
		},
		DataSources: []cluster.DataSource{flights(1)},
	})
	g.await(t, "served(flights) == 3 and queued() == 0")
	r := &recorder{game: g, zk: zk, names: map[string]string{}, judge: recording.Comparison{Accepted: accepted}}
	for _, n := range g.ours.Addresses().Nodes {
		r.names[n.Host] = n.Kind
	}
	r.listen(t)
	return r
}

// occupant is the process in the seat.
type occupant struct {
	come  func() (host string)
	leave func()
}

// told is a stage of the story as it was recorded.
type told struct {
	name  string
	wrote *recording.Recording
}

// tell runs the story from the moment the occupant of a seat comes until it is gone. What the story creates has new
// names each time, which are not compared.
func (r *recorder) tell(t *testing.T, setting string, o occupant) (stages []told) {
	t.Helper()
	pages, short, long, index := setting+"-pages", setting+"-short", setting+"-long", setting+"-index"
	for name, instead := range map[string]string{pages: "pages", short: "short", long: "long", index: "index"} {
		r.names[name] = instead
	}
	rows := r.writeRows(t, pages+".json", `{"t":"2019-01-01T01:00:00Z","page":"a","user":"x","added":5}`, `{"t":"2019-01-02T01:00:00Z","page":"b","user":"x","added":7}`)
	var segment string
	for _, stage := range []struct {
		name string
		act  func()
	}{
		{"start", func() {
			from := r.settled(t)
			host := o.come()
			eventually(t, host+" is there", func() (bool, any) { return r.announces(host, from), nil })
			r.awaitSomeLeader(t, "coordinator")
			r.awaitSomeLeader(t, "overlord")
			r.await(t, "served(flights) == 3 and queued() == 0")
		}},
		{"noop", func() {
			r.submit(t, object{"type": "noop", "id": short, "runTime": 500})
			r.awaitTask(t, short, "SUCCESS")
		}},
		{"index", func() {
			r.submit(t, r.indexTask(index, pages, rows, false))
			r.awaitTask(t, index, "SUCCESS")
			r.await(t, fmt.Sprintf("served(%s) == 2 and queued() == 0", pages))
		}},
		{"shut down", func() {
			r.submit(t, object{"type": "noop", "id": long, "runTime": 600_000})
			eventually(t, "the task has a place", func() (bool, any) {
				_, answer := ask(t, "GET", r.leader(t, "overlord"), "/druid/indexer/v1/task/"+long+"/status", nil)
				return strings.Contains(string(answer), `"location":{"host":"127.0.0.1"`), string(answer)
			})
			call(t, "POST", r.leader(t, "overlord"), "/druid/indexer/v1/task/"+long+"/shutdown", object{})
			r.awaitTask(t, long, "FAILED")
		}},
		{"unused", func() {
			segment = "/druid/coordinator/v1/datasources/" + pages + "/segments/" + url.PathEscape(r.someSegment(t, pages))
			call(t, "DELETE", r.leader(t, "coordinator"), segment, nil)
			r.await(t, fmt.Sprintf("served(%s) == 1 and queued() == 0", pages))
		}},
		{"used again", func() {
			call(t, "POST", r.leader(t, "coordinator"), segment, object{})
			r.await(t, fmt.Sprintf("served(%s) == 2 and queued() == 0", pages))
		}},
		{"all unused", func() {
			call(t, "DELETE", r.leader(t, "coordinator"), "/druid/coordinator/v1/datasources/"+pages, nil)
			r.await(t, fmt.Sprintf("served(%s) == 0 and queued() == 0", pages))
		}},
		{"stop", o.leave},
	} {
		from := r.settled(t)
		stage.act()
		stages = append(stages, told{stage.name, recording.OfCommits(r.since(t, from), r.names, r.who())})
	}
	return stages
}

// recorder keeps what everybody writes to ZooKeeper.
type recorder struct {
	*game
	zk    *zkembed.Server
	judge recording.Comparison
	names map[string]string // the processes by address, and what the story creates

	mu      sync.Mutex // guards the fields below
	commits []zkembed.Commit
	latest  time.Time
}

func (r *recorder) listen(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var listening sync.WaitGroup
	listening.Go(func() {
		for c, err := range r.zk.Commits(ctx, 0) {
			if err != nil {
				t.Error(err)
				continue
			}
			r.mu.Lock()
			r.commits, r.latest = append(r.commits, c), time.Now()
			r.mu.Unlock()
		}
	})
	t.Cleanup(func() { cancel(); listening.Wait() })
}

// forget removes what a stopped process of ours has left, on disk and in ZooKeeper: a real one also comes for the
// first time.
func (r *recorder) forget(t *testing.T, name string) {
	t.Helper()
	if err := os.RemoveAll(filepath.Join(r.dir, "ours", "nodes", name)); err != nil {
		t.Fatal(err)
	}
	zc, err := zkconn.Open(t.Context(), zkconn.Options{Servers: []string{r.place.ZooKeeper}, SessionTimeout: sessionTimeout})
	if err != nil {
		t.Fatal(err)
	}
	defer zc.Close()
	var left []string
	host := "/" + r.host(t, name)
	err = r.zk.Walk(t.Context(), r.place.Base, func(n zkembed.Node) error {
		if strings.Contains(n.Path+"/", host+"/") {
			left = append(left, n.Path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range slices.Backward(left) { // children before their parents
		if err := zc.Delete(t.Context(), path, -1); err != nil {
			t.Fatal(err)
		}
	}
}

// settled waits until nobody writes any more, and returns how much has been written.
func (r *recorder) settled(t *testing.T) (n int) {
	t.Helper()
	eventually(t, "nobody writes for a second", func() (bool, any) {
		r.mu.Lock()
		defer r.mu.Unlock()
		n = len(r.commits)
		return time.Since(r.latest) > time.Second, r.commits[n-1]
	})
	return n
}

// since is what was written after the given number of commits.
func (r *recorder) since(t *testing.T, from int) []zkembed.Commit {
	t.Helper()
	to := r.settled(t)
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.commits[from:to])
}

// discovered is the znode below which every process has an ephemeral with its name.
const discovered = "/internal-discovery/"

// announces reports whether a process has announced itself after the given number of commits: ours had the same
// address before.
func (r *recorder) announces(host string, from int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.commits[from:], func(c zkembed.Commit) bool {
		return c.Kind == zkembed.CommitCreate && strings.Contains(c.Path, discovered) && strings.HasSuffix(c.Path, "/"+host)
	})
}

// who names the owner of a session: the process that it announces.
func (r *recorder) who() func(session int64) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	owners := map[int64]string{}
	for _, c := range r.commits {
		if c.Kind == zkembed.CommitCreate && strings.Contains(c.Path, discovered) && c.Owner != 0 {
			owners[int64(c.Owner)] = r.names[filepath.Base(c.Path)]
		}
	}
	return func(session int64) string { return owners[session] }
}

func (g *game) awaitSomeLeader(t *testing.T, kind string) {
	t.Helper()
	eventually(t, "a leader of "+kind, func() (bool, any) {
		leader, err := g.ours.Leader(t.Context(), kind)
		if err != nil || leader == "" {
			return false, err
		}
		code, answer := ask(t, "GET", leader, "/druid/"+map[string]string{"coordinator": "coordinator", "overlord": "indexer"}[kind]+"/v1/isLeader", nil)
		return code == 200, string(answer)
	})
}

// leader is the address of a kind's leader.
func (g *game) leader(t *testing.T, kind string) string {
	t.Helper()
	leader, err := g.ours.Leader(t.Context(), kind)
	if err != nil {
		t.Fatal(err)
	}
	return leader
}

// someSegment is a served segment of a datasource.
func (g *game) someSegment(t *testing.T, dataSource string) string {
	t.Helper()
	for _, s := range g.status(t).Segments {
		for _, id := range slices.Sorted(slices.Values(s.SegmentIDs)) {
			if strings.HasPrefix(id, dataSource+"_") {
				return id
			}
		}
	}
	t.Fatalf("no segment of %s is served", dataSource)
	return ""
}
