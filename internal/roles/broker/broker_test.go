package broker

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/druid"
	"oakmoot/internal/zk/inventory"
	"oakmoot/zkembed"
)

func TestBrokerJoinsAndLeavesInDruidsOrder(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		stop := w.start(inventory.Batch)
		lines := func(kind zkembed.CommitKind) []string {
			found := []string{}
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			for c, err := range w.ZK.Commits(ctx, 0) {
				if err == nil && c.Kind == kind && c.Owner != 0 || c.Kind == kind && kind == zkembed.CommitDelete {
					path := c.Path
					if dir := w.Paths.Service("druid/broker") + "/"; strings.HasPrefix(path, dir) {
						path = dir + "ID"
					}
					found = append(found, path)
				}
			}
			return found
		}
		listener, discovery, service := w.Paths.LookupListener("__default", host), w.Paths.NodeDiscovery(druid.Broker, host), w.Paths.ServiceInstance("druid/broker", "ID")
		if diff := cmp.Diff([]string{listener, discovery, service}, lines(zkembed.CommitCreate)); diff != "" {
			t.Errorf("ephemerals of the join (-want +got):\n%s", diff)
		}
		stop()
		want := []string{service, discovery, listener}
		if diff := cmp.Diff(want, lines(zkembed.CommitDelete)[:3]); diff != "" {
			t.Errorf("leave (-want +got):\n%s", diff)
		}
	})
}

func TestReadyBrokerKnowsEarlierAnnouncements(t *testing.T) {
	for name, form := range map[string]inventory.Form{"batch": inventory.Batch, "legacy": inventory.Legacy} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				w.server(9001, druid.TypeHistorical, 0).serve(segment("wiki", 1, "v1", 0), 3)
				w.server(9002, druid.TypeHistorical, 0).serve(segment("wiki", 2, "v1", 0), 4)
				w.start(form)
				if got := w.rows(`"wiki"`); got != 7 {
					t.Errorf("rows: got %d, want 7", got)
				}
				if _, got := w.Call("GET", host+"/druid/broker/v1/loadstatus", ""); got != `{"inventoryInitialized":true}` {
					t.Errorf("loadstatus: got %s, want true", got)
				}
			})
		})
	}
}

func TestReplicasAreCountedOnce(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		for port := 9001; port <= 9003; port++ {
			w.server(port, druid.TypeHistorical, 0).serve(segment("wiki", 1, "v1", 0), 3)
		}
		w.start(inventory.Batch)
		w.steady(3, time.Second)
	})
}

func TestOnlyTheNewestVersionIsRead(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		s := w.server(9001, druid.TypeHistorical, 0)
		s.serve(segment("wiki", 1, "v1", 0), 3)
		s.serve(segment("wiki", 1, "v2", 0), 5)
		s.serve(segment("wiki", 1, "v2", 1), 6)
		w.start(inventory.Batch)
		if got := w.rows(`"wiki"`); got != 11 {
			t.Errorf("rows: got %d, want the 11 of v2", got)
		}
		s.unannounce(segment("wiki", 1, "v2", 0))
		s.unannounce(segment("wiki", 1, "v2", 1))
		w.Until("v1 shows again", func() bool { return w.rows(`"wiki"`) == 3 })
	})
}

func TestEveryRowIsCountedOnceDuringAHandoff(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		live, kept := w.server(9001, druid.TypeRealtime, 0), w.server(9002, druid.TypeHistorical, 0)
		seg := segment("wiki", 1, "v1", 0)
		live.serve(seg, 5)
		w.start(inventory.Batch)
		w.steady(5, time.Second)
		kept.serve(seg, 5)
		w.steady(5, 2*time.Second)
		live.unannounce(seg)
		live.served.Remove(seg)
		w.steady(5, 2*time.Second)
	})
}

func TestSegmentThatHasJustGoneIsReadFromItsOtherServer(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		seg := segment("wiki", 1, "v1", 0)
		w.server(9001, druid.TypeHistorical, 10).announce(seg) // preferred, but it has no rows
		w.server(9002, druid.TypeHistorical, 0).serve(seg, 5)
		w.start(inventory.Batch)
		w.steady(5, time.Second)
	})
}

func TestDeadServersSegmentsAreReadFromReplicas(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		dead, alive := w.server(9001, druid.TypeHistorical, 10), w.server(9002, druid.TypeHistorical, 0)
		for day := 1; day <= 3; day++ {
			dead.serve(segment("wiki", day, "v1", 0), 2)
			alive.serve(segment("wiki", day, "v1", 0), 2)
		}
		w.start(inventory.Batch)
		w.steady(6, time.Second)
		dead.hangUp()
		w.steady(6, time.Second)
		if err := w.ZK.Expire(t.Context(), zkembed.SessionID(dead.Conn.SessionID())); err != nil {
			t.Fatal(err)
		}
		w.steady(6, time.Second)
	})
}

func TestQueryFailsIfNobodyAnswersForASegment(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.server(9001, druid.TypeHistorical, 0).announce(segment("wiki", 1, "v1", 0))
		w.start(inventory.Batch)
		code, body := w.ask(`"wiki"`)
		if code != http.StatusInternalServerError || !strings.Contains(body, "SegmentMissingException") || !strings.Contains(body, "wiki_2019-01-01") {
			t.Errorf("got %d %s, want 500 and the segment", code, body)
		}
	})
}

func TestSegmentThatMovesWithoutOverlapIsFoundEventually(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		seg := segment("wiki", 1, "v1", 0)
		from, to := w.server(9001, druid.TypeHistorical, 0), w.server(9002, druid.TypeHistorical, 0)
		from.announce(seg) // it is gone there
		w.start(inventory.Batch)
		time.AfterFunc(100*time.Millisecond, func() {
			to.serve(seg, 4)
			from.unannounce(seg)
		})
		if got := w.rows(`"wiki"`); got != 4 {
			t.Errorf("rows: got %d, want 4", got)
		}
	})
}

func TestUnionReadsEachDatasourceByItself(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		one, two := w.server(9001, druid.TypeHistorical, 0), w.server(9002, druid.TypeHistorical, 0)
		for _, s := range []*server{one, two} { // both could answer for both
			s.hold(segment("a", 1, "v1", 0), 3)
			s.hold(segment("b", 1, "v1", 0), 4)
		}
		one.announce(segment("a", 1, "v1", 0))
		two.announce(segment("b", 1, "v1", 0))
		w.start(inventory.Batch)
		if got := w.rows(`{"type":"union","dataSources":["a","b"]}`); got != 7 {
			t.Errorf("rows: got %d, want 7", got)
		}
	})
}

func TestUnknownDatasourceHasNoRows(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.start(inventory.Batch)
		if code, body := w.ask(`"nothing"`); code != http.StatusOK {
			t.Errorf("got %d %s, want 200", code, body)
		}
	})
}

func TestDatasourceResources(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		s := w.server(9001, druid.TypeHistorical, 0)
		s.serve(segment("wiki", 1, "v1", 0), 1)
		s.serve(segment("edits", 2, "v1", 0), 1)
		w.start(inventory.Batch)
		for path, want := range map[string]string{
			"":                                    `["edits","wiki"]`,
			"/wiki?interval=2019-01-01/P1D":       `{"dimensions":["page"],"metrics":["count"]}`,
			"/wiki":                               `{"dimensions":[],"metrics":[]}`, // nothing in the last week
			"/wiki/dimensions?interval=2019/2020": `["page"]`,
			"/wiki/metrics?interval=2019/2020":    `["count"]`,
			"/wiki/candidates?intervals=2019-01-01/2019-01-02": `[{"interval":"2019-01-01T00:00:00.000Z/2019-01-02T00:00:00.000Z","version":"v1","partitionNumber":0,"size":100,` +
				`"locations":[{"name":"127.0.0.1:9001","host":"127.0.0.1:9001","hostAndTlsPort":null,"maxSize":1073741824,"type":"historical","tier":"_default_tier","priority":0}]}]`,
		} {
			if code, got := w.Call("GET", host+"/druid/v2/datasources"+path, ""); code != http.StatusOK || got != want {
				t.Errorf("GET %s: got %d %s, want %s", path, code, got, want)
			}
		}
		for _, path := range []string{"/wiki?interval=never", "/wiki/candidates?intervals=never"} {
			if code, got := w.Call("GET", host+"/druid/v2/datasources"+path, ""); code != http.StatusBadRequest {
				t.Errorf("GET %s: got %d %s, want 400", path, code, got)
			}
		}
	})
}

// The console of 0.14.0 takes 405 for the sign of a broker without SQL, which is the default there; a real one answers so.
func TestWhatABrokerDoesNotServeHasAnEmptyAnswer(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.start(inventory.Batch)
		for request, want := range map[string]int{
			"POST /druid/v2/sql":           http.StatusMethodNotAllowed,
			"GET /druid/v2":                http.StatusMethodNotAllowed,
			"GET /druid/broker/v1/nothing": http.StatusNotFound,
		} {
			method, path, _ := strings.Cut(request, " ")
			if code, got := w.Call(method, host+path, "{}"); code != want || got != "" {
				t.Errorf("%s: got %d %q, want %d and nothing", request, code, got, want)
			}
		}
	})
}

func TestPickTakesARandomServerOfTheBestPriority(t *testing.T) {
	of := func(name string, priority int) druid.ServerMetadata {
		return druid.ServerMetadata{Name: name, Priority: priority}
	}
	servers := []druid.ServerMetadata{of("a", 0), of("b", 5), of("c", 5), of("d", -1)}
	last := func(n int) int { return n - 1 }
	tests := map[string]struct {
		strategy string
		avoid    map[string]bool
		want     string
	}{
		"highest":                   {"highestPriority", nil, "c"},
		"highest but one":           {"highestPriority", map[string]bool{"c": true}, "b"},
		"next tier":                 {"highestPriority", map[string]bool{"b": true, "c": true}, "a"},
		"lowest":                    {"lowestPriority", nil, "d"},
		"everyone is to be avoided": {"highestPriority", map[string]bool{"a": true, "b": true, "c": true, "d": true}, ""},
	}
	for name, tt := range tests {
		got, ok := pick(servers, tierStrategies[tt.strategy], tt.avoid, last)
		if got.Name != tt.want || ok != (tt.want != "") {
			t.Errorf("%s: got %q %t, want %q", name, got.Name, ok, tt.want)
		}
	}
}
