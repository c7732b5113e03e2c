//go:build interop

package interop

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"oakmoot/cluster"
	"oakmoot/internal/rows/smile"
	"oakmoot/interop/real"
)

func TestMatrixRealWorkersBrokersAndRoutersUnderOurLeaders(t *testing.T) {
	workersUnderOurLeaders(t, newGame(t))
}

func TestMatrixWorkersBrokersAndRoutersOfDruid27UnderOurLeaders(t *testing.T) {
	workersUnderOurLeaders(t, newGameOf(t, real.Druid27))
}

func TestMatrixWorkersBrokersAndRoutersOfDruid33UnderOurLeaders(t *testing.T) {
	workersUnderOurLeaders(t, newGameOf(t, real.Druid33))
}

// workersUnderOurLeaders are cells 9 to 11.
func workersUnderOurLeaders(t *testing.T, g *game) {
	edits := cluster.Stream{
		DataSource: "edits", Source: "push", Timestamp: "t", Dimensions: []string{"page", "user"},
		Metrics: []cluster.Metric{{Type: "count", Name: "count"}, {Type: "longSum", Name: "added", Field: "added"}},
	}
	g.play(t, cluster.Topology{
		Roles: []cluster.Role{
			{Kind: "coordinator"}, {Kind: "overlord"}, {Kind: "historical"}, {Kind: "realtime"}, {Kind: "broker"},
		},
		Streams: []cluster.Stream{edits},
	})
	worker := g.seat(t, "middleManager", "worker", nil)
	broker := g.seat(t, "broker", "broker", nil)
	router := g.seat(t, "router", "router", map[string]string{"druid.router.managementProxy.enabled": "true", "druid.router.coordinator.rules.pollPeriod": "PT1S"})
	up(t, worker, broker, router)

	g.workerStories(t, worker)
	g.brokerStories(t, broker)
	g.routerStories(t, router, worker)
}

// workerStories are cell 9.
func (g *game) workerStories(t *testing.T, worker *real.Process) {
	who := "middleManager " + worker.Version
	g.cell(t, 9, who, "its peon indexes what our overlord gives it, and our historical serves it", func(t *testing.T) {
		g.submit(t, g.flightsTask(t, "flights-1"))
		g.awaitTask(t, "flights-1", "SUCCESS")
		g.await(t, "used(flights) == 3 and served(flights) == 3")
	})
	g.cell(t, 9, who, "a noop runs to its end; another is shut down", func(t *testing.T) {
		g.submit(t, map[string]any{"type": "noop", "id": "short", "runTime": 500})
		g.submit(t, map[string]any{"type": "noop", "id": "long", "runTime": 600_000})
		g.awaitTask(t, "long", "RUNNING")
		g.awaitWorker(t, "long", worker.Host)
		call(t, "POST", g.host(t, "overlord-1"), "/druid/indexer/v1/task/long/shutdown", map[string]any{})
		g.awaitTask(t, "long", "FAILED")
		g.awaitTask(t, "short", "SUCCESS")
	})
	g.cell(t, 9, who, "its peons allocate segments of our overlord, and append", func(t *testing.T) {
		rows := g.writeRows(t, "pages.json", `{"t":"2024-01-01T01:00:00Z","page":"a","user":"x","added":5}`, `{"t":"2024-01-01T02:00:00Z","page":"b","user":"y","added":7}`)
		g.submit(t, g.indexTask("pages-1", "pages", rows, true))
		g.awaitTask(t, "pages-1", "SUCCESS")
		g.submit(t, g.indexTask("pages-2", "pages", rows, true))
		g.awaitTask(t, "pages-2", "SUCCESS")
		g.await(t, "used(pages) == 2 and served(pages) == 2")
		eventually(t, "our broker, which sees announcements by itself, counts 24 added by two tasks", func() (bool, any) {
			answer := call(t, "POST", g.host(t, "broker-1"), "/druid/v2", json.RawMessage(
				`{"queryType":"timeseries","dataSource":"pages","intervals":["2024/2025"],"granularity":"all","aggregations":[{"type":"longSum","name":"added","fieldName":"added"}]}`))
			return strings.Contains(string(answer), `"added":24`), string(answer)
		})
	})
	g.cell(t, 9, who, "killed with a task and back: the task is failed, the next one runs", func(t *testing.T) {
		g.submit(t, map[string]any{"type": "noop", "id": "orphan", "runTime": 600_000})
		eventually(t, "the peon has a port", func() (bool, any) {
			answer := call(t, "GET", g.host(t, "overlord-1"), "/druid/indexer/v1/task/orphan/status", nil)
			return strings.Contains(string(answer), `"location":{"host":"127.0.0.1"`), string(answer)
		})
		worker.Destroy()
		start(t, worker)
		g.awaitTask(t, "orphan", "FAILED")
		g.submit(t, map[string]any{"type": "noop", "id": "next", "runTime": 100})
		g.awaitTask(t, "next", "SUCCESS")
	})
	g.cell(t, 9, who, "disabled, it gets nothing; enabled, it does", func(t *testing.T) {
		call(t, "POST", worker.Host, "/druid/worker/v1/disable", map[string]any{})
		eventually(t, "the overlord sees the worker disabled", func() (bool, any) {
			answer := call(t, "GET", g.host(t, "overlord-1"), "/druid/indexer/v1/workers", nil)
			return strings.Contains(string(answer), `"version":""`), string(answer)
		})
		g.submit(t, map[string]any{"type": "noop", "id": "waits", "runTime": 100})
		eventually(t, "the task is pending", func() (bool, any) {
			answer := call(t, "GET", g.host(t, "overlord-1"), "/druid/indexer/v1/pendingTasks", nil)
			return strings.Contains(string(answer), `"waits"`), string(answer)
		})
		if got := g.task(t, "waits").Worker; got != "" {
			t.Errorf("got the task on %s, want it on no worker", got)
		}
		call(t, "POST", worker.Host, "/druid/worker/v1/enable", map[string]any{})
		g.awaitTask(t, "waits", "SUCCESS")
	})
}

// brokerStories are cell 10.
func (g *game) brokerStories(t *testing.T, broker *real.Process) {
	who := "broker " + broker.Version
	equal := func(t *testing.T, queries []string) {
		for _, q := range g.comparable(queries) {
			var code int
			var theirs, ours []byte
			same := soon(t, func() bool {
				code, theirs = ask(t, "POST", broker.Host, "/druid/v2", json.RawMessage(q))
				ours = call(t, "POST", g.host(t, "broker-1"), "/druid/v2", json.RawMessage(q))
				return code == 200 && bytes.Equal(theirs, ours) && len(theirs) > len("[]")
			})
			if !same {
				t.Errorf("%s\ntheirs %d %s\nours       %s", q, code, theirs, ours)
			}
		}
	}
	g.cell(t, 10, who, "answers of our historical, equal to our broker's", func(t *testing.T) {
		equal(t, flightsQueries)
	})
	g.cell(t, 10, who, "answers of our realtime node, equal to our broker's", func(t *testing.T) {
		now := time.Now().UTC().Format(time.RFC3339)
		call(t, "POST", g.host(t, "realtime-1"), "/druid/worker/v1/chat/edits/push-events", []map[string]any{
			{"t": now, "page": "a", "user": "x", "added": 1}, {"t": now, "page": "b", "user": "x", "added": 2}, {"t": now, "page": "c", "user": "y", "added": 4},
		})
		equal(t, editsQueries)
	})
	g.cell(t, 10, who, "the same in Smile", func(t *testing.T) {
		for _, q := range g.comparable(flightsQueries) {
			theirs, ours := g.askSmile(t, broker.Host, q), g.askSmile(t, g.host(t, "broker-1"), q)
			if diff := cmp.Diff(theirs, ours); diff != "" {
				t.Errorf("%s: theirs (-), ours (+):\n%s", q, diff)
			}
		}
	})
}

// routerStories are cell 11.
func (g *game) routerStories(t *testing.T, router, worker *real.Process) {
	who := "router " + router.Version
	g.cell(t, 11, who, "proxies to our coordinator, overlord and broker", func(t *testing.T) {
		equal := func(node, method, path string, body any) {
			eventually(t, path, func() (bool, any) {
				code, through := ask(t, method, router.Host, path, body)
				direct := call(t, method, g.host(t, node), path, body)
				return code == 200 && bytes.Equal(direct, through), fmt.Sprintf("%d %s, direct %s", code, through, direct)
			})
		}
		equal("coordinator-1", "GET", "/druid/coordinator/v1/datasources", nil)
		equal("coordinator-1", "GET", "/druid/coordinator/v1/leader", nil)
		equal("overlord-1", "GET", "/druid/indexer/v1/leader", nil)
		equal("overlord-1", "GET", "/druid/indexer/v1/workers", nil)
		for _, q := range flightsQueries {
			equal("broker-1", "POST", "/druid/v2/", json.RawMessage(q))
		}
	})
	g.cell(t, 11, who, "what its consoles ask for lists our nodes", func(t *testing.T) {
		servers := string(call(t, "GET", router.Host, "/druid/coordinator/v1/servers?full", nil))
		for _, name := range []string{"historical-1", "realtime-1"} {
			if !strings.Contains(servers, g.host(t, name)) {
				t.Errorf("got servers %s, want %s among them", servers, g.host(t, name))
			}
		}
		if workers := string(call(t, "GET", router.Host, "/druid/indexer/v1/workers", nil)); !strings.Contains(workers, worker.Host) {
			t.Errorf("got workers %s, want %s among them", workers, worker.Host)
		}
		for _, path := range consolePaths {
			if code, answer := ask(t, "GET", router.Host, path, nil); code != 200 || !json.Valid(answer) {
				t.Errorf("%s: got %d %s, want 200 and JSON", path, code, answer)
			}
		}
	})
}

// consolePaths are what the pages of the coordinator's and the overlord's consoles fetch.
var consolePaths = []string{
	"/druid/coordinator/v1/servers?simple", "/druid/coordinator/v1/tiers?simple", "/druid/coordinator/v1/datasources?simple",
	"/druid/coordinator/v1/loadstatus?simple", "/druid/coordinator/v1/loadqueue?simple", "/druid/coordinator/v1/rules",
	"/druid/coordinator/v1/config", "/druid/coordinator/v1/metadata/datasources?includeDisabled", "/druid/coordinator/v1/datasources/flights",
	"/druid/coordinator/v1/datasources/flights/intervals?simple", "/druid/coordinator/v1/datasources/flights/tiers",
	"/druid/indexer/v1/runningTasks", "/druid/indexer/v1/pendingTasks", "/druid/indexer/v1/waitingTasks", "/druid/indexer/v1/completeTasks",
	"/druid/indexer/v1/workers", "/druid/indexer/v1/supervisor", "/druid/indexer/v1/tasks",
}

const flightsInterval = `"intervals":["2001-01-01/2001-04-01"]`

// flightsQueries are one or more queries of every type that both brokers answer.
var flightsQueries = []string{
	`{"queryType":"timeseries","dataSource":"flights",` + flightsInterval + `,"granularity":"day","aggregations":[{"type":"count","name":"rows"},{"type":"longSum","name":"delay","fieldName":"delay"}]}`,
	`{"queryType":"timeseries","dataSource":"flights",` + flightsInterval + `,"granularity":{"type":"period","period":"P1W"},"descending":true,"aggregations":[{"type":"doubleSum","name":"d","fieldName":"distance"}],"postAggregations":[{"type":"arithmetic","name":"half","fn":"/","fields":[{"type":"fieldAccess","fieldName":"d"},{"type":"constant","value":2}]}]}`,
	`{"queryType":"topN","dataSource":"flights",` + flightsInterval + `,"granularity":"all","dimension":"origin","metric":"delay","threshold":5,"aggregations":[{"type":"longSum","name":"delay","fieldName":"delay"}]}`,
	`{"queryType":"topN","dataSource":"flights",` + flightsInterval + `,"granularity":"month","dimension":"destination","metric":{"type":"dimension"},"threshold":4,"filter":{"type":"in","dimension":"origin","values":["SFO","LAX"]},"aggregations":[{"type":"longMax","name":"far","fieldName":"distance"}]}`,
	`{"queryType":"timeseries","dataSource":"flights",` + flightsInterval + `,"granularity":"all","filter":{"type":"bound","dimension":"origin","lower":"L","upper":"N","upperStrict":true},"aggregations":[{"type":"count","name":"rows"},{"type":"longMin","name":"least","fieldName":"delay"}]}`,
	`{"queryType":"timeseries","dataSource":"flights",` + flightsInterval + `,"granularity":"all","filter":{"type":"bound","dimension":"delay","lower":"10","ordering":"numeric"},"aggregations":[{"type":"count","name":"rows"},{"type":"longMin","name":"least","fieldName":"delay"}]}`,
	`{"queryType":"timeseries","dataSource":"flights",` + flightsInterval + `,"granularity":"all","filter":{"type":"and","fields":[{"type":"not","field":{"type":"selector","dimension":"origin","value":"SFO"}},{"type":"or","fields":[{"type":"like","dimension":"destination","pattern":"S%"},{"type":"in","dimension":"destination","values":["ORD","LAX"]}]}]},"aggregations":[{"type":"count","name":"rows"},{"type":"longMin","name":"least","fieldName":"delay"}]}`,
	`{"queryType":"timeseries","dataSource":"flights",` + flightsInterval + `,"granularity":"all","filter":{"type":"interval","dimension":"__time","intervals":["2001-01-10/2001-02-10"]},"aggregations":[{"type":"count","name":"rows"},{"type":"longMin","name":"least","fieldName":"delay"}]}`,
	`{"queryType":"timeseries","dataSource":"flights",` + flightsInterval + `,"granularity":"all","filter":{"type":"selector","dimension":"origin","value":null},"aggregations":[{"type":"count","name":"rows"},{"type":"longMin","name":"least","fieldName":"delay"}]}`,
	`{"queryType":"scan","dataSource":"flights",` + flightsInterval + `,"columns":["__time","origin","destination","delay"],"limit":7,"filter":{"type":"selector","dimension":"origin","value":"SFO"}}`,
	`{"queryType":"scan","dataSource":"flights",` + flightsInterval + `,"columns":["destination"],"resultFormat":"compactedList","limit":4}`,
	`{"queryType":"timeBoundary","dataSource":"flights"}`,
	`{"queryType":"timeBoundary","dataSource":"flights","bound":"maxTime"}`,
	`{"queryType":"segmentMetadata","dataSource":"flights",` + flightsInterval + `,"merge":true,"analysisTypes":["cardinality","interval","minmax"]}`,
}

// comparable are the queries that the game's Druid answers with the same members as 0.14.0: 27.0.0 adds rowSignature
// to scan, and hasNulls and typeSignature to segmentMetadata.
func (g *game) comparable(queries []string) []string {
	if g.version == real.Druid014 {
		return queries
	}
	return slices.DeleteFunc(slices.Clone(queries), func(q string) bool {
		return strings.Contains(q, `"queryType":"scan"`) || strings.Contains(q, `"queryType":"segmentMetadata"`)
	})
}

var editsQueries = []string{
	`{"queryType":"timeseries","dataSource":"edits","intervals":["2000/2100"],"granularity":"all","aggregations":[{"type":"longSum","name":"added","fieldName":"added"}]}`,
	`{"queryType":"topN","dataSource":"edits","intervals":["2000/2100"],"granularity":"all","dimension":"page","metric":"added","threshold":5,"aggregations":[{"type":"longSum","name":"added","fieldName":"added"}]}`,
	`{"queryType":"timeBoundary","dataSource":"edits"}`,
}

// askSmile asks a broker in Smile and returns its answer, which must be Smile, as JSON.
func (g *game) askSmile(t *testing.T, host, query string) string {
	t.Helper()
	body, err := smile.FromJSON([]byte(query))
	if err != nil {
		t.Fatal(err)
	}
	kind, answer := post(t, host, "/druid/v2", "application/x-jackson-smile", body)
	if kind != "application/x-jackson-smile" {
		t.Errorf("%s answered in %s: %s", host, kind, answer)
		return ""
	}
	text, err := smile.ToJSON(answer)
	if err != nil {
		t.Errorf("%s answered %x: %v", host, answer, err)
	}
	return string(text)
}
