//go:build interop

package interop

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"oakmoot/cluster"
	"oakmoot/interop/real"
)

// leaders are the real coordinator and overlord of a game, beside ours on the same
// database.
type leaders struct {
	*game
	coordinator, overlord *real.Process
}

func TestMatrixRealLeadersOverOurWorkers(t *testing.T) {
	leaderStories(t, newGame(t), func() {})
}

func TestMatrixRealLeadersOverOurWorkersOnAQuorum(t *testing.T) {
	g := newGame(t)
	servers := g.onQuorum(t)
	leaderStories(t, g, servers[1].Kill)
}

func TestMatrixLeadersOfDruid27OverOurWorkers(t *testing.T) {
	leaderStories(t, newGameOf(t, real.Druid27), func() {})
}

// leaderStories are cells 4 to 8. inTheMiddle is called in the middle of them.
func leaderStories(t *testing.T, g *game, inTheMiddle func()) {
	g.onPostgres(t)
	g.play(t, cluster.Topology{
		Metadata: cluster.Metadata{Kind: "postgresql", Connect: g.place.Postgres.Login()},
		Roles: []cluster.Role{
			{Kind: "coordinator"}, {Kind: "overlord"}, {Kind: "middlemanager", Count: 2, Capacity: 3}, {Kind: "broker"},
			{Kind: "historical", Count: 2}, {Kind: "historical", Name: []string{"hot"}, Tier: "hot"},
		},
	})
	l := &leaders{g, g.seat(t, "coordinator", "coordinator", nil), g.seat(t, "overlord", "overlord", nil)}
	up(t, l.coordinator, l.overlord)

	g.submit(t, object{"type": "noop", "id": "through", "runTime": 3_600_000})
	g.awaitTask(t, "through", "RUNNING")
	l.change(t, "ours is stopped: the real one leads", l.coordinator.Host, l.overlord.Host, func() {
		g.do(t, "stop coordinator-1, overlord-1")
	})
	g.do(t, "start coordinator-1, overlord-1")
	l.redirects(t, "ours redirects to the real one", g.host(t, "coordinator-1"), g.host(t, "overlord-1"))
	l.overlordStories(t)
	inTheMiddle()
	l.coordinatorStories(t)
	l.change(t, "the real one is killed: ours leads", g.host(t, "coordinator-1"), g.host(t, "overlord-1"), func() {
		l.coordinator.Kill()
		l.overlord.Kill()
	})
	l.storeStory(t)
	var realtime *real.Process
	if l.hasOldRoles() {
		l.coordinator = g.seat(t, "coordinator", "legacy-coordinator", map[string]string{"druid.serverview.type": "legacy"})
		realtime = g.realtimeNode(t)
	} else if err := l.coordinator.Start(); err != nil {
		t.Fatal(err)
	}
	start(t, l.overlord)
	up(t, l.coordinator)
	l.redirects(t, "the real one redirects to ours", l.coordinator.Host, l.overlord.Host)
	l.change(t, "our session expires: the real one leads", l.coordinator.Host, l.overlord.Host, func() {
		g.do(t, "expire_session coordinator-1, overlord-1")
	})
	if l.hasOldRoles() {
		l.legacyStory(t)
		up(t, realtime)
	}
	l.change(t, "its session expires: ours leads", g.host(t, "coordinator-1"), g.host(t, "overlord-1"), func() {
		l.freeze(t)
	})
	l.change(t, "the expired one comes back, and follows", g.host(t, "coordinator-1"), g.host(t, "overlord-1"), func() {
		l.thaw(t)
		g.await(t, "candidates(coordinator) == 2 and candidates(overlord) == 2")
	})
	g.cell(t, 8, "overlord "+l.overlord.Version, "the task that ran through all of it is shut down", func(t *testing.T) {
		call(t, "POST", g.host(t, "overlord-1"), "/druid/indexer/v1/task/through/shutdown", object{})
		g.awaitTask(t, "through", "FAILED")
	})
	if l.hasOldRoles() {
		g.realtimeStory(t, realtime)
	}
}

// hasOldRoles reports whether the game's Druid still has the realtime node and the legacy view.
func (l *leaders) hasOldRoles() bool { return l.version == real.Druid014 }

// onPostgres puts the metadata store on a PostgreSQL that real processes share.
func (g *game) onPostgres(t *testing.T) {
	t.Helper()
	store, err := g.kit.Postgres(t.Context(), filepath.Join(g.dir, "postgresql"))
	if store != nil {
		t.Cleanup(store.Destroy)
	}
	if err != nil {
		unavailable(t, err)
	}
	g.place.Postgres = store
}

// change has the leadership change hands: cells 6 and 8. The task called through keeps running throughout.
func (l *leaders) change(t *testing.T, story, coordinator, overlord string, bring func()) {
	l.cell(t, 6, "coordinator "+l.coordinator.Version, story, func(t *testing.T) {
		bring()
		l.awaitLeader(t, "coordinator", coordinator)
	})
	l.cell(t, 8, "overlord "+l.overlord.Version, story, func(t *testing.T) {
		l.awaitLeader(t, "overlord", overlord)
		eventually(t, "the task is known to the new leader and runs", func() (bool, any) {
			_, running := ask(t, "GET", overlord, "/druid/indexer/v1/runningTasks", nil)
			return strings.Contains(string(running), `"through"`), string(running)
		})
	})
}

func (g *game) awaitLeader(t *testing.T, kind, host string) {
	t.Helper()
	eventually(t, kind+" "+host+" leads", func() (bool, any) {
		leader, err := g.ours.Leader(t.Context(), kind)
		return leader == host, fmt.Sprint(leader, err)
	})
}

// redirects asks followers, which redirect to the leader.
func (l *leaders) redirects(t *testing.T, story, coordinator, overlord string) {
	for _, f := range []struct {
		number          int
		who, host, path string
	}{
		{6, "coordinator " + l.coordinator.Version, coordinator, "/druid/coordinator/v1/datasources"},
		{8, "overlord " + l.overlord.Version, overlord, "/druid/indexer/v1/runningTasks"},
	} {
		l.cell(t, f.number, f.who, story, func(t *testing.T) {
			eventually(t, f.host+" redirects", func() (bool, any) {
				code, answer := ask(t, "GET", f.host, f.path, nil)
				return code == 200 && l.redirected(t, f.host, f.path), string(answer)
			})
		})
	}
}

func (l *leaders) freeze(t *testing.T) {
	for _, p := range []*real.Process{l.coordinator, l.overlord} {
		if err := p.Freeze(); err != nil {
			t.Fatal(err)
		}
	}
}

func (l *leaders) thaw(t *testing.T) {
	for _, p := range []*real.Process{l.coordinator, l.overlord} {
		if err := p.Thaw(); err != nil {
			t.Fatal(err)
		}
	}
}

// overlordStories are cell 7.
func (l *leaders) overlordStories(t *testing.T) {
	who := "overlord " + l.overlord.Version
	l.cell(t, 7, who, "our middlemanager indexes what it assigns, and publishes through it", func(t *testing.T) {
		l.submit(t, l.flightsTask(t, "flights-1"))
		l.awaitTask(t, "flights-1", "SUCCESS")
		l.await(t, "used(flights) == 3")
	})
	l.cell(t, 7, who, "our peons allocate segments of it, and append", func(t *testing.T) {
		rows := l.writeRows(t, "pages.json", `{"t":"2024-01-01T01:00:00Z","page":"a","user":"x","added":5}`)
		for _, id := range []string{"pages-1", "pages-2"} {
			l.submit(t, l.indexTask(id, "pages", rows, true))
			l.awaitTask(t, id, "SUCCESS")
		}
		l.await(t, "used(pages) == 2")
	})
	l.cell(t, 7, who, "a noop runs to its end; another is shut down", func(t *testing.T) {
		l.submit(t, object{"type": "noop", "id": "short", "runTime": 500})
		l.submit(t, object{"type": "noop", "id": "long", "runTime": 600_000})
		l.awaitTask(t, "short", "SUCCESS")
		l.awaitTask(t, "long", "RUNNING")
		call(t, "POST", l.overlord.Host, "/druid/indexer/v1/task/long/shutdown", object{})
		l.awaitTask(t, "long", "FAILED")
	})
	l.cell(t, 7, who, "a worker that is disabled gets nothing", func(t *testing.T) {
		idle := l.idleWorker(t)
		call(t, "POST", l.host(t, idle), "/druid/worker/v1/disable", object{})
		eventually(t, "the overlord sees it disabled", func() (bool, any) {
			answer := string(call(t, "GET", l.overlord.Host, "/druid/indexer/v1/workers", nil))
			return strings.Contains(answer, `"version":""`), answer
		})
		for _, id := range []string{"elsewhere-1", "elsewhere-2"} {
			l.submit(t, object{"type": "noop", "id": id, "runTime": 600_000})
			eventually(t, "the task is on the other", func() (bool, any) {
				worker := l.task(t, id).Worker
				return worker != "" && worker != idle, worker
			})
			call(t, "POST", l.overlord.Host, "/druid/indexer/v1/task/"+id+"/shutdown", object{})
			l.awaitTask(t, id, "FAILED")
		}
		call(t, "POST", l.host(t, idle), "/druid/worker/v1/enable", object{})
	})
	l.cell(t, 7, who, "a worker is killed with a task and back: failed, and the next one runs", func(t *testing.T) {
		idle := l.idleWorker(t)
		l.submit(t, object{"type": "noop", "id": "orphan", "runTime": 600_000})
		l.awaitWorker(t, "orphan", idle) // Druid's default strategy fills the emptier worker
		l.awaitTask(t, "orphan", "RUNNING")
		l.do(t, "kill "+idle)
		l.do(t, "start "+idle)
		l.awaitTask(t, "orphan", "FAILED")
		l.submit(t, object{"type": "noop", "id": "next", "runTime": 100})
		l.awaitTask(t, "next", "SUCCESS")
	})
}

// idleWorker is the middlemanager that does not run the task called through.
func (l *leaders) idleWorker(t *testing.T) string {
	if l.task(t, "through").Worker == "middlemanager-1" {
		return "middlemanager-2"
	}
	return "middlemanager-1"
}

// coordinatorStories are cell 4. They end with its death.
func (l *leaders) coordinatorStories(t *testing.T) {
	who := "coordinator " + l.coordinator.Version
	l.cell(t, 4, who, "it loads on our historicals by its rules", func(t *testing.T) {
		l.setRules(t, l.coordinator.Host, 1)
		l.await(t, "served(flights) == 3 and replicas(flights) == 3 and queued() == 0")
	})
	l.cell(t, 4, who, "it balances over our historicals", func(t *testing.T) {
		l.do(t, "stop historical-2")
		eventually(t, "all on the other", func() (bool, any) {
			now := l.served(t, l.host(t, "historical-1"))
			return len(now) == 3+2, now // the flights and the pages
		})
		l.do(t, "start historical-2")
		eventually(t, "moved", func() (bool, any) {
			one, two := l.served(t, l.host(t, "historical-1")), l.served(t, l.host(t, "historical-2"))
			return len(one) > 0 && len(two) > 0, [2][]string{one, two}
		})
		l.await(t, "replicas(flights) == 3 and queued() == 0")
	})
	l.cell(t, 4, who, "it drops what is unused, and loads it again", func(t *testing.T) {
		segment := "/druid/coordinator/v1/datasources/flights/segments/" + l.someSegment(t, "flights")
		call(t, "DELETE", l.coordinator.Host, segment, nil)
		l.await(t, "used(flights) == 2 and served(flights) == 2 and queued() == 0")
		call(t, "POST", l.coordinator.Host, segment, object{})
		l.await(t, "served(flights) == 3 and queued() == 0")
	})
	l.cell(t, 4, who, "its rules move segments to another tier and back", func(t *testing.T) {
		rules := func(tiers map[string]int) {
			call(t, "POST", l.coordinator.Host, "/druid/coordinator/v1/rules/flights", []object{{"type": "loadForever", "tieredReplicants": tiers}})
		}
		rules(map[string]int{"hot": 1})
		l.await(t, "segments(hot) == 3 and replicas(flights) == 3 and queued() == 0")
		rules(map[string]int{"_default_tier": 1})
		l.await(t, "segments(hot) == 0 and replicas(flights) == 3 and queued() == 0")
	})
	l.cell(t, 4, who, "killed, it leaves requests that our historicals still carry out", func(t *testing.T) {
		l.do(t, "pause historical")
		l.setRules(t, l.coordinator.Host, 2)
		l.await(t, "queued() >= 1")
		l.coordinator.Kill()
		l.await(t, "queued() >= 1")
		l.do(t, "resume historical")
		l.await(t, "replicas(flights) >= 4 and queued() == 0")
	})
}

// legacyStory is cell 5.
func (l *leaders) legacyStory(t *testing.T) {
	l.cell(t, 13, "coordinator "+l.coordinator.Version+", PostgreSQL "+l.place.Postgres.Version, "the real one reads the rules that ours wrote", func(t *testing.T) {
		eventually(t, "the rules of ours", func() (bool, any) {
			_, answer := ask(t, "GET", l.coordinator.Host, "/druid/coordinator/v1/rules/flights", nil)
			return strings.Contains(string(answer), `"_default_tier":1`), string(answer)
		})
	})
	l.cell(t, 5, "coordinator "+l.coordinator.Version, "with the legacy view it sees what we announce a znode a segment", func(t *testing.T) {
		eventually(t, "all is loaded", func() (bool, any) {
			_, answer := ask(t, "GET", l.coordinator.Host, "/druid/coordinator/v1/loadstatus", nil)
			return strings.Contains(string(answer), `"flights":100.0`) && strings.Contains(string(answer), `"pages":100.0`), string(answer)
		})
		l.setRules(t, l.coordinator.Host, 2)
		l.await(t, "replicas(flights) == 6 and queued() == 0")
	})
}

// storeStory is cell 13: ours reads what the real ones wrote to the database.
func (l *leaders) storeStory(t *testing.T) {
	l.cell(t, 13, "coordinator, overlord "+l.overlord.Version+", PostgreSQL "+l.place.Postgres.Version, "ours reads the segments, rules and tasks that the real ones wrote", func(t *testing.T) {
		l.await(t, "used(flights) == 3 and used(pages) == 2")
		for _, want := range []struct{ node, path, content string }{
			{"coordinator-1", "/druid/coordinator/v1/rules/flights", `"_default_tier":2`},
			{"overlord-1", "/druid/indexer/v1/completeTasks", `"id":"flights-1"`},
			{"overlord-1", "/druid/indexer/v1/task/pages-2/status", `"statusCode":"SUCCESS"`},
			{"overlord-1", "/druid/indexer/v1/task/pages-2", `"appendToExisting":true`},
		} {
			if got := string(call(t, "GET", l.host(t, want.node), want.path, nil)); !strings.Contains(got, want.content) {
				t.Errorf("%s: got %s, want %s in it", want.path, got, want.content)
			}
		}
		l.setRules(t, l.host(t, "coordinator-1"), 1)
	})
}
