//go:build interop

package interop

import (
	"encoding/json"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"oakmoot/cluster"
	"oakmoot/interop/real"
)

// TestMatrixLeadersAndHistoricalsOfDruid33 runs what is left of the protocols in 33.0.0: announcements and tasks.
// That release loads segments only over HTTP, and its extension for PostgreSQL is not in the Maven repository: its
// leaders have a store of their own, Derby, which their coordinator starts.
func TestMatrixLeadersAndHistoricalsOfDruid33(t *testing.T) {
	g := newGameOf(t, real.Druid33)
	g.play(t, cluster.Topology{
		Roles: []cluster.Role{
			{Kind: "coordinator"}, {Kind: "overlord"}, {Kind: "middlemanager", Capacity: 2}, {Kind: "historical"}, {Kind: "broker"},
		},
		DataSources: []cluster.DataSource{flights(1)},
	})
	g.await(t, "served(flights) == 3 and queued() == 0")
	historical := g.seat(t, "historical", "historical", nil)
	derby := g.derby(t)
	coordinator := g.seat(t, "coordinator", "coordinator", derby)
	up(t, historical, coordinator)
	overlord := g.seat(t, "overlord", "overlord", derby)
	up(t, overlord)

	g.cell(t, 2, "historical "+g.version, "it announces what it was told to load, and our broker asks it", func(t *testing.T) {
		one := g.someSegment(t, "flights")
		segment := call(t, "GET", g.host(t, "coordinator-1"), "/druid/coordinator/v1/metadata/datasources/flights/segments/"+url.PathEscape(one), nil)
		var request object
		if err := json.Unmarshal(segment, &request); err != nil {
			t.Fatal(err)
		}
		request["action"] = "load"
		call(t, "POST", historical.Host, "/druid-internal/v1/segments/changeRequests?timeout=10000", []object{request})
		eventually(t, "announced", func() (bool, any) {
			now := g.served(t, historical.Host)
			return len(now) == 1 && now[0] == one, now
		})
		g.do(t, "stop historical")
		day := strings.Split(one, "_")[1][:len("2001-01-01")]
		query := fmt.Sprintf(`{"queryType":"timeseries","dataSource":"flights","intervals":["%s/P1M"],"granularity":"all","aggregations":[{"type":"longSum","name":"n","fieldName":"count"}]}`, day)
		eventually(t, "rows of the month", func() (bool, any) {
			code, answer := ask(t, "POST", g.host(t, "broker-1"), "/druid/v2", json.RawMessage(query))
			return code == 200 && strings.Contains(string(answer), `"n":`) && !strings.Contains(string(answer), `"n":0`), string(answer)
		})
		g.do(t, "start historical")
		g.await(t, "served(flights) == 3")
	})
	g.do(t, "stop coordinator, overlord")
	g.cell(t, 4, "coordinator "+g.version, "it leads, and sees what our historical announces", func(t *testing.T) {
		g.awaitLeader(t, "coordinator", coordinator.Host)
		eventually(t, "all of our historical's", func() (bool, any) {
			_, answer := ask(t, "GET", coordinator.Host, "/druid/coordinator/v1/servers/"+g.host(t, "historical-1")+"/segments", nil)
			var seen []string
			err := json.Unmarshal(answer, &seen)
			return err == nil && len(seen) > 0 && slices.Equal(slices.Sorted(slices.Values(seen)), g.served(t, g.host(t, "historical-1"))), string(answer)
		})
	})
	g.cell(t, 7, "overlord "+g.version, "our middlemanager runs what it assigns, and publishes through it", func(t *testing.T) {
		g.awaitLeader(t, "overlord", overlord.Host)
		ends := func(id, status string) {
			t.Helper()
			eventually(t, id+" is "+status, func() (bool, any) {
				_, answer := ask(t, "GET", overlord.Host, "/druid/indexer/v1/task/"+id+"/status", nil)
				return strings.Contains(string(answer), `"`+status+`"`), string(answer)
			})
		}
		g.submit(t, object{"type": "noop", "id": "short", "runTime": 500})
		g.submit(t, object{"type": "noop", "id": "long", "runTime": 600_000})
		ends("short", "SUCCESS")
		g.submit(t, g.flightsTask(t, "flights-33"))
		ends("flights-33", "SUCCESS")
		eventually(t, "its store has them", func() (bool, any) {
			_, answer := ask(t, "GET", coordinator.Host, "/druid/coordinator/v1/metadata/datasources/flights/segments", nil)
			return strings.Count(string(answer), `"flights_`) == 3, string(answer)
		})
		call(t, "POST", overlord.Host, "/druid/indexer/v1/task/long/shutdown", object{})
		ends("long", "FAILED")
	})
}

// derby are the properties of leaders with a Derby database.
func (g *game) derby(t *testing.T) map[string]string {
	t.Helper()
	port, err := real.FreePorts(1)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"druid.metadata.storage.type":                 "derby",
		"druid.metadata.storage.connector.host":       "127.0.0.1",
		"druid.metadata.storage.connector.port":       fmt.Sprint(port),
		"druid.metadata.storage.connector.connectURI": fmt.Sprintf("jdbc:derby://127.0.0.1:%d/%s;create=true", port, filepath.Join(g.dir, "derby")),
	}
}
