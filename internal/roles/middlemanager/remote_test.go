package middlemanager

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/worldtest"
)

const overlordHost = "127.0.0.1:8090"

// overlord puts an HTTP server in the overlord's place, where discovery leads.
func (w *world) overlord(h http.HandlerFunc) {
	w.T.Helper()
	w.Serve(overlordHost, h)
	node, err := druid.Marshal(druid.DiscoveryNode{
		Node: worldtest.At("druid/overlord", 8090), NodeType: druid.Overlord,
	})
	w.Must(err)
	w.Put(w.Paths.NodeDiscovery(druid.Overlord, overlordHost), string(node))
}

func TestResultsAreForgottenOnceTheOverlordKnowsThem(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		asked := make(chan string, 10)
		w.overlord(func(rw http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			asked <- r.Method + " " + r.URL.Path + " " + string(body)
			io.WriteString(rw, `{"complete":{"id":"complete","status":"SUCCESS","duration":1,"errorMsg":null},"active":{"id":"active","status":"RUNNING","duration":-1,"errorMsg":null}}`)
		})
		w.start()
		began := time.Now()
		for _, id := range []string{"active", "complete", "unknown"} {
			w.assign(id, noop(id, 1))
			w.ended(id)
		}
		want := `POST /druid/indexer/v1/taskStatus ["active","complete","unknown"]`
		if got := <-asked; got != want {
			t.Errorf("asked: got %s, want %s", got, want)
		}
		if after := time.Since(began); after < 55*time.Second || after > 65*time.Second {
			t.Errorf("asked after %v, want a minute", after)
		}
		kept := func() string {
			files, _ := filepath.Glob(filepath.Join(w.dir, "node", "task", completedTasks, "*"))
			return fmt.Sprint(len(files), strings.Contains(strings.Join(files, " "), "active"))
		}
		w.Until("only the active one is kept", func() bool { return kept() == "1 true" })
		if got := <-asked; !strings.HasSuffix(got, `["active"]`) {
			t.Errorf("asked five minutes later: got %s", got)
		}
	})
}

func TestResultsAreKeptWhileTheOverlordCannotBeAsked(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		asked := make(chan struct{}, 10)
		w.overlord(func(rw http.ResponseWriter, r *http.Request) {
			rw.WriteHeader(http.StatusServiceUnavailable)
			asked <- struct{}{}
		})
		w.start()
		w.assign("n", noop("n", 1))
		w.ended("n")
		<-asked
		<-asked
		if _, err := os.Stat(filepath.Join(w.dir, "node", "task", completedTasks, "n")); err != nil {
			t.Errorf("result that the overlord may not have: %v", err)
		}
	})
}

func TestTaskAssignedOverHTTP(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.start()
		const internal = workerHost + "/druid-internal/v1/worker"
		var first snapshot
		code, body := w.Call("GET", internal+"?counter=-1&timeout=1000", "")
		if err := json.Unmarshal([]byte(body), &first); code != 200 || err != nil || len(first.Requests) != 1 {
			t.Fatalf("everything: got %d %s %v", code, body, err)
		}
		next := fmt.Sprintf("%s?counter=%d&hash=%d&timeout=60000", internal, first.Counter.Counter, first.Counter.Hash)
		for _, bad := range []string{"{", `{"type":"no such kind"}`} {
			if code, _ := w.Call("POST", internal+"/assignTask", bad); code != 400 {
				t.Errorf("assign %s: got %d, want 400", bad, code)
			}
		}
		if code, body := w.Call("POST", internal+"/assignTask", noop("n", 100)); code != 200 {
			t.Errorf("assign: got %d %s", code, body)
		}
		if code, body := w.Call("GET", next, ""); code != 200 || !strings.Contains(body, `{"type":"taskUpdate","taskAnnouncement":{"id":"n"`) {
			t.Errorf("changes: got %d %s", code, body)
		}
		if s := w.ended("n"); s.Status != druid.TaskSuccess {
			t.Errorf("got %+v, want a success", s)
		}
		if code, _ := w.Call("GET", internal+"?counter=0", ""); code != 400 {
			t.Errorf("without a timeout: got %d, want 400", code)
		}
		code, body = w.Call("GET", internal+"?counter=-1&timeout=1000", "")
		if err := json.Unmarshal([]byte(body), &first); code != 200 || err != nil {
			t.Fatalf("everything: got %d %s %v", code, body, err)
		}
		began := time.Now()
		code, body = w.Call("GET", fmt.Sprintf("%s?counter=%d&hash=%d&timeout=3000", internal, first.Counter.Counter, first.Counter.Hash), "")
		if took := time.Since(began); code != 204 || body != "" || took < 3*time.Second {
			t.Errorf("nothing new: got %d %q after %v, want 204 after 3 s", code, body, took)
		}
	})
}

// indexTask is a task with one row, for a day of its datasource.
const indexTask = `{"type":"index","id":"i","spec":{"dataSchema":{"dataSource":"ds","parser":{"type":"string","parseSpec":{"format":"json","timestampSpec":{"column":"ts"},"dimensionsSpec":{}}},
	"metricsSpec":[{"type":"count","name":"n"}],"granularitySpec":{"type":"uniform","segmentGranularity":"DAY","queryGranularity":"NONE","intervals":["2020-01-01/P1D"]}},
	"ioConfig":{"type":"index","firehose":{"type":"inline","data":"{\"ts\":\"2020-01-01T05:00:00Z\",\"page\":\"a\"}\n"}}}}`

// publisher is an overlord that lets indexTask publish, and hands on what it does.
func (w *world) publisher() (published <-chan string) {
	w.T.Helper()
	lock := `{"type":"EXCLUSIVE","groupId":"i","dataSource":"ds","interval":"2020-01-01T00:00:00.000Z/2020-01-02T00:00:00.000Z","version":"v","priority":50,"revoked":false}`
	all := make(chan string, 1)
	w.overlord(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch {
		case strings.Contains(string(body), `"action":{"type":"lockList"}`):
			io.WriteString(rw, `{"result":[`+lock+`]}`)
		case strings.Contains(string(body), `"action":{"type":"segmentTransactionalInsert"`):
			all <- string(body)
			io.WriteString(rw, `{"result":{"segments":[],"success":true}}`)
		default:
			rw.WriteHeader(http.StatusInternalServerError)
		}
	})
	return all
}

func TestIndexTaskRunsOnTheWorker(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		published := w.publisher()
		w.start()
		w.assign("i", indexTask)
		if s := w.ended("i"); s.Status != druid.TaskSuccess {
			log, _ := os.ReadFile(filepath.Join(w.dir, "logs", "i.log"))
			t.Fatalf("got %+v, want a success; log:\n%s", s, log)
		}
		if body := <-published; !strings.Contains(body, `"identifier":"ds_2020-01-01T00:00:00.000Z_2020-01-02T00:00:00.000Z_v"`) {
			t.Errorf("published: got %s", body)
		}
		if zips, _ := filepath.Glob(filepath.Join(w.dir, "deep", "ds", "*", "v", "0", "index.zip")); len(zips) != 1 {
			t.Errorf("deep storage: got %v, want one segment", zips)
		}
		if data, err := os.ReadFile(filepath.Join(w.dir, "logs", "i.report.json")); err != nil || !strings.Contains(string(data), `"ingestionState":"COMPLETED"`) {
			t.Errorf("stored report: got %s %v", data, err)
		}
	})
}
