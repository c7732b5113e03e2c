package coordinator

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/node"
	"oakmoot/internal/worldtest"
	"oakmoot/internal/zk/zkconn"
)

var update = flag.Bool("update", false, "rewrite testdata/http.txt; commit it only when every change of it can be explained")

// auditTime is the time of a change: it depends on how many polls the scene took.
var auditTime = regexp.MustCompile(`("auditTime":")[^"]*`)

// TestAnswers sends the requests in testdata/http.txt to a leader with a hot historical, a cold one and a realtime
// node, and compares its answers with those in the file.
func TestAnswers(t *testing.T) {
	worldtest.Replay(t, "testdata/http.txt", *update, func(play func(*testing.T, worldtest.Call)) {
		inWorld(t, func(t *testing.T, w *world) {
			in := w.scene()
			play(t, func(method, path, body string) (int, string) {
				code, answer := w.Call(method, in.addr+root+path, body)
				return code, auditTime.ReplaceAllString(answer, "${1}TIME")
			})
		})
	})
}

// scene is a cluster in which only what cannot be done is left to do.
func (w *world) scene() *incarnation {
	w.T.Helper()
	w.still()
	w.publish(day("wiki", 1), day("wiki", 2), day("edits", 3))
	rules := []druid.Rule{{Type: "loadForever", TieredReplicants: map[string]int{"hot": 1, "cold": 1, "none": 1}}}
	if err := w.store.SetRules(w.T.Context(), "wiki", rules, authorOf("somebody")); err != nil {
		w.T.Fatal(err)
	}
	hot := w.historical(8083, func(m *druid.ServerMetadata) { m.Tier, m.Priority = "hot", 1 })
	cold := w.historical(8084, func(m *druid.ServerMetadata) { m.Tier = "cold" })
	real := w.historical(8085, func(m *druid.ServerMetadata) { m.Type, m.MaxSize = druid.TypeRealtime, 0 })
	sink := day("edits", 4)
	sink.Size, sink.LoadSpec, sink.BinaryVersion, sink.Dimensions = 0, []byte("{}"), nil, nil
	real.serve(sink)
	in := w.start(8081)
	w.Until("all is loaded", func() bool { return len(hot.has()) == 2 && len(cold.has()) == 2 })
	w.Until("the duties have seen it", func() bool {
		_, body := w.Get(in.addr + root + "/loadstatus?simple")
		return body == `{"edits":1,"wiki":0}`
	})
	return in
}

func TestHandoffIsCompleteWhenAHistoricalServes(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.still()
		in := w.start(8081)
		real := w.historical(8085, func(m *druid.ServerMetadata) { m.Type, m.MaxSize = druid.TypeRealtime, 0 })
		sink := day("wiki", 1)
		real.serve(sink)
		ask := func(version string, partition int, dataSource string) string {
			_, body := w.Get(in.addr + fmt.Sprintf("%s/datasources/%s/handoffComplete?interval=%s&partitionNumber=%d&version=%s",
				root, dataSource, sink.Interval, partition, version))
			return body
		}
		w.leads(in)
		w.Until("the realtime node is seen", func() bool { _, body := w.Get(in.addr + root + "/datasources"); return body == `["wiki"]` })
		if got := ask("v1", 0, "wiki"); got != "false" {
			t.Errorf("got %s, want false while only the realtime node serves it", got)
		}
		h := w.historical(8083)
		w.publish(sink)
		w.Until("it is handed off", func() bool { return ask("v1", 0, "wiki") == "true" })
		for _, tc := range []struct {
			version   string
			partition int
			want      string
		}{{"v0", 0, "true"}, {"v2", 0, "false"}, {"v1", 1, "false"}} {
			if got := ask(tc.version, tc.partition, "wiki"); got != tc.want {
				t.Errorf("version %s partition %d: got %s, want %s", tc.version, tc.partition, got, tc.want)
			}
		}
		w.Call(http.MethodPost, in.addr+root+"/rules/dropped", `[{"type":"dropForever"}]`)
		if got := ask("v1", 0, "dropped"); got != "true" {
			t.Errorf("got %s, want true where no rule loads", got)
		}
		if len(h.has()) != 1 {
			t.Errorf("got %v on the historical", h.has())
		}
	})
}

func TestWaitingRequestIsShown(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.publish(day("wiki", 1), day("wiki", 2))
		h := w.historical(8083)
		h.set(func() { h.asleep = true })
		in := w.start(8081)
		w.leads(in)
		for query, want := range map[string]string{
			"":        fmt.Sprintf(`{%q:{"segmentsToLoad":[%q,%q],"segmentsToDrop":[]}}`, h.name, day("wiki", 2).ID(), day("wiki", 1).ID()),
			"?simple": fmt.Sprintf(`{%q:{"segmentsToLoad":2,"segmentsToDrop":0,"segmentsToLoadSize":200,"segmentsToDropSize":0}}`, h.name),
		} {
			w.Until("the queue is "+want, func() bool { _, body := w.Get(in.addr + root + "/loadqueue" + query); return body == want })
		}
	})
}

// overlord answers in the name of the leading overlord and records the requests.
func (w *world) overlord(answers map[string]string) (asked func() []string) {
	w.T.Helper()
	log := &worldtest.Log{}
	ln, err := w.Net.Listen("127.0.0.1:8090")
	if err != nil {
		w.T.Fatal(err)
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // whatever is missing shows in the log
		fmt.Fprintf(log, "%s %s %s\n", r.Method, r.URL, body)
		_, _ = io.WriteString(rw, answers[r.URL.Path])
	})}
	done := make(chan struct{})
	go func() { defer close(done); _ = srv.Serve(ln) }()
	w.T.Cleanup(func() { _ = srv.Close(); <-done })
	entry := `{"name":"druid:overlord","id":"1","address":"127.0.0.1","port":8090,"sslPort":-1,"payload":null,"registrationTimeUTC":1,"serviceType":"DYNAMIC","uriSpec":null}`
	if _, err := w.Conn.CreateParents(w.T.Context(), w.Paths.ServiceInstance("druid/overlord", "1"), []byte(entry), zkconn.Ephemeral); err != nil {
		w.T.Fatal(err)
	}
	return func() []string { return strings.Split(strings.TrimSpace(log.String()), "\n") }
}

func TestKillAndCleanUpAskTheOverlord(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		asked := w.overlord(map[string]string{
			"/druid/indexer/v1/runningTasks": "[]", "/druid/indexer/v1/pendingTasks": "[]", "/druid/indexer/v1/waitingTasks": "[]",
			"/druid/indexer/v1/completeTasks": `[{"id":"t","type":"noop","createdTime":"1999-12-20T00:00:00.000Z","queueInsertionTime":"1999-12-20T00:00:00.000Z","statusCode":"SUCCESS","status":"SUCCESS","runnerStatusCode":"NONE","duration":1,"location":{"host":null,"port":-1,"tlsPort":-1},"dataSource":"x","errorMsg":null}]`,
		})
		old, older := day("wiki", 1), day("wiki", 2)
		old.Interval = druid.Interval{Start: 0, End: 86_400_000}
		older.Interval = druid.Interval{Start: 2 * 86_400_000, End: 3 * 86_400_000}
		w.publish(old, older, day("keep", 1))
		if _, err := w.store.MarkUnused(t.Context(), old.ID(), older.ID()); err != nil {
			t.Fatal(err)
		}
		config := druid.DefaultDynamicConfig()
		config.KillAllDataSources = true
		payload, err := druid.Marshal(config)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.store.SetConfig(t.Context(), configKey, payload, authorOf("me")); err != nil {
			t.Fatal(err)
		}
		w.start(8081, func(cfg *Config) {
			cfg.Props = node.Properties{
				"druid.coordinator.startDelay": "PT1S", "druid.coordinator.period.indexingPeriod": "PT1S",
				"druid.coordinator.kill.on": "true", "druid.coordinator.kill.period": "PT1H", "druid.coordinator.kill.maxSegments": "10",
				"druid.coordinator.kill.durationToRetain": "PT0S", "druid.coordinator.kill.pendingSegments.on": "true",
			}
		})
		want := []string{
			`POST /druid/indexer/v1/task {"type":"kill","dataSource":"wiki","interval":"1970-01-01T00:00:00.000Z/1970-01-04T00:00:00.000Z"}`,
			"GET /druid/indexer/v1/runningTasks ", "GET /druid/indexer/v1/pendingTasks ", "GET /druid/indexer/v1/waitingTasks ",
			"GET /druid/indexer/v1/completeTasks?n=1 ",
		}
		w.Until("the overlord has been asked", func() bool { return len(asked()) > len(want) })
		if diff := cmp.Diff(want, asked()[:len(want)]); diff != "" {
			t.Error(diff)
		}
		if got := asked()[len(want)]; !strings.HasPrefix(got, "DELETE /druid/indexer/v1/pendingSegments/keep?interval=") || !strings.Contains(got, "1999-12-19") {
			t.Errorf("got %s, want what is a day older than the last task deleted", got)
		}
	})
}

func TestOverlordIsReachedThroughTheLeader(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		asked := w.overlord(map[string]string{"/druid/indexer/v1/task": `{"task":"t"}`})
		in := w.start(8081)
		w.leads(in)
		if code, body := w.Call(http.MethodPost, in.addr+"/druid/indexer/v1/task?x=1", `{"type":"noop"}`); code != http.StatusOK || body != `{"task":"t"}` {
			t.Errorf("got %d %s, want the overlord's answer", code, body)
		}
		if diff := cmp.Diff([]string{`POST /druid/indexer/v1/task?x=1 {"type":"noop"}`}, asked()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestKillSettingsAreCheckedAtStartup(t *testing.T) {
	for name, props := range map[string]node.Properties{
		"Druid's own defaults": {"druid.coordinator.kill.on": "true"},
		"a period too short":   {"druid.coordinator.kill.on": "true", "druid.coordinator.kill.period": "PT1M", "druid.coordinator.kill.durationToRetain": "PT0S", "druid.coordinator.kill.maxSegments": "1"},
		"no segments":          {"druid.coordinator.kill.on": "true", "druid.coordinator.kill.durationToRetain": "PT0S"},
	} {
		if err := Run(context.Background(), Config{Env: node.Env{Props: props}}); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
}
