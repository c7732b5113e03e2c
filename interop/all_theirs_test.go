//go:build interop

package interop

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"oakmoot/cluster"
	"oakmoot/interop/real"
)

// realSeats are the seats of a cluster of real processes, and Druid's names for them.
var realSeats = []struct{ kind, role string }{
	{"coordinator", "coordinator"}, {"overlord", "overlord"}, {"historical", "historical"}, {"middlemanager", "middleManager"}, {"broker", "broker"},
}

func TestMatrixOnlyZooKeeperIsOurs(t *testing.T) {
	allTheirs(t, newGame(t), func() {})
}

func TestMatrixAllIsTheirsAndSitsDownInOurSeats(t *testing.T) {
	g := newGame(t)
	servers := g.onQuorum(t)
	allTheirs(t, g, servers[1].Kill)
}

// allTheirs is a cluster of real processes. inTheMiddle is called in the middle of its stories.
func allTheirs(t *testing.T, g *game, inTheMiddle func()) {
	g.onPostgres(t)
	port, err := real.FreePorts(len(realSeats))
	if err != nil {
		t.Fatal(err)
	}
	topo := cluster.Topology{Metadata: cluster.Metadata{Kind: "postgresql", Connect: g.place.Postgres.Login()}}
	for i, s := range realSeats {
		topo.Roles = append(topo.Roles, cluster.Role{Kind: s.kind, Name: []string{"real-" + s.kind}, Port: port + i, External: true})
	}
	topo.Roles = append(topo.Roles, cluster.Role{Kind: "historical", Name: []string{"our-historical"}})
	g.lay(t, topo)
	seats := map[string]*real.Process{}
	for _, s := range realSeats {
		seats[s.kind] = g.seat(t, s.role, "real-"+s.kind, g.seatProperties(t, "real-"+s.kind))
	}
	g.allTheirs(t, seats, inTheMiddle)
}

// seatProperties are what oakmoot seat prints, except where this game has put Druid's extensions.
func (g *game) seatProperties(t *testing.T, name string) map[string]string {
	t.Helper()
	seat, err := cluster.SeatIn(g.laid, name, filepath.Join(g.dir, "ours"))
	if err != nil {
		t.Fatal(err)
	}
	props := map[string]string{}
	for _, p := range seat.Properties {
		props[p.Key] = p.Value
	}
	maps.Copy(props, map[string]string{"druid.extensions.loadList": "[]"})
	return props
}

// allTheirs is cell 1.
func (g *game) allTheirs(t *testing.T, seats map[string]*real.Process, inTheMiddle func()) {
	who := "five roles " + real.Druid014
	coordinator, overlord := seats["coordinator"], seats["overlord"]
	g.cell(t, 1, who, "cold start with the properties that oakmoot seat prints", func(t *testing.T) {
		for _, p := range seats {
			up(t, p)
		}
		select {
		case <-g.ours.Ready():
		case <-time.After(patience):
			t.Fatal("all processes serve, and yet the cluster is not ready")
		}
		g.await(t, "leaders(coordinator) == 1 and leaders(overlord) == 1 and announced(*) == 6")
		g.do(t, "stop our-historical")
	})
	g.cell(t, 1, who, "an index task, and its segments are loaded and queried", func(t *testing.T) {
		g.submit(t, g.flightsTask(t, "flights-1"))
		g.awaitTask(t, "flights-1", "SUCCESS")
		g.setRules(t, coordinator.Host, 1)
		g.await(t, "used(flights) == 3 and segments(real-historical) == 3 and queued() == 0")
		eventually(t, "rows", func() (bool, any) {
			_, answer := ask(t, "POST", seats["broker"].Host, "/druid/v2", json.RawMessage(flightsQueries[0]))
			return strings.Count(string(answer), "timestamp") > 28, string(answer)
		})
	})
	inTheMiddle()
	g.cell(t, 1, who, "a segment is dropped", func(t *testing.T) {
		segment := "/druid/coordinator/v1/datasources/flights/segments/" + g.served(t, seats["historical"].Host)[0]
		call(t, "DELETE", coordinator.Host, segment, nil)
		g.await(t, "used(flights) == 2 and served(flights) == 2 and queued() == 0")
		coordinator.Kill()
		start(t, coordinator)
		eventually(t, "it is used again", func() (bool, any) {
			code, answer := ask(t, "POST", coordinator.Host, segment, object{})
			return code == 200, string(answer)
		})
	})
	g.cell(t, 1, who, "the coordinator was killed: started again, it leads and goes on", func(t *testing.T) {
		g.awaitLeader(t, "coordinator", coordinator.Host)
		g.await(t, "served(flights) == 3 and queued() == 0")
	})
	g.cell(t, 1, who, "the overlord is killed: started again, it adopts the task that runs", func(t *testing.T) {
		g.submit(t, object{"type": "noop", "id": "through", "runTime": 3_600_000})
		g.awaitTask(t, "through", "RUNNING")
		eventually(t, "the peon has a port", func() (bool, any) {
			_, answer := ask(t, "GET", overlord.Host, "/druid/indexer/v1/task/through/status", nil)
			return strings.Contains(string(answer), `"location":{"host":"127.0.0.1"`), string(answer)
		})
		overlord.Kill()
		start(t, overlord)
		g.awaitLeader(t, "overlord", overlord.Host)
		eventually(t, "adopted", func() (bool, any) {
			_, running := ask(t, "GET", overlord.Host, "/druid/indexer/v1/runningTasks", nil)
			return strings.Contains(string(running), `"through"`), string(running)
		})
		call(t, "POST", overlord.Host, "/druid/indexer/v1/task/through/shutdown", object{})
		g.awaitTask(t, "through", "FAILED")
	})
	theirHistorical, ourHistorical := seats["historical"].Host, g.host(t, "our-historical")
	g.cell(t, 14, "middleManager "+real.Druid014, "our historical reads what theirs wrote, Concise", func(t *testing.T) {
		g.do(t, "start our-historical")
		g.setRules(t, coordinator.Host, 2)
		g.sameAnswers(t, "flights", theirHistorical, ourHistorical)
	})
	g.cell(t, 14, "middleManager "+real.Druid014, "our historical reads what theirs wrote, Roaring", func(t *testing.T) {
		task := g.flightsTask(t, "roaring")
		spec := task["spec"].(object)
		spec["dataSchema"].(object)["dataSource"] = "roaring"
		spec["tuningConfig"].(object)["indexSpec"] = object{"bitmap": object{"type": "roaring"}}
		g.submit(t, task)
		g.awaitTask(t, "roaring", "SUCCESS")
		g.sameAnswers(t, "roaring", theirHistorical, ourHistorical)
	})
}

// sameAnswers waits until two historicals, a real one and ours, serve a datasource
// of flights, and asks both.
func (g *game) sameAnswers(t *testing.T, dataSource, theirs, ours string) {
	t.Helper()
	of := func(host string) []string {
		return slices.DeleteFunc(g.served(t, host), func(id string) bool { return !strings.HasPrefix(id, dataSource+"_") })
	}
	eventually(t, "the same segments on both", func() (bool, any) {
		one, two := of(theirs), of(ours)
		return len(one) == 3 && slices.Equal(one, two), [2][]string{one, two}
	})
	for _, q := range g.comparable(flightsQueries) {
		q = strings.ReplaceAll(q, `"dataSource":"flights"`, `"dataSource":"`+dataSource+`"`)
		// The order of a result's keys is that of one HashMap or another.
		want := sortedKeys(t, call(t, "POST", theirs, "/druid/v2", json.RawMessage(q)))
		got := sortedKeys(t, call(t, "POST", ours, "/druid/v2", json.RawMessage(q)))
		if got != want {
			t.Errorf("%s\ntheirs %s\nours   %s", q, want, got)
		}
	}
}
