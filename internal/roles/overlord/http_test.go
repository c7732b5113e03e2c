package overlord

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/druid"
	"oakmoot/internal/worldtest"
)

var update = flag.Bool("update", false, "rewrite testdata/http.txt; commit it only when every change of it can be explained")

// moment matches a time of this run, or a made-up id.
var moment = regexp.MustCompile(`2000-01-01T\d\d:\d\d:\d\d\.\d\d\dZ(_[0-9a-f]{8}-[-0-9a-f]{27})?`)

// TestAnswers sends the requests of testdata/http.txt to a leader with two workers
// and tasks in every state, and compares the answers below them.
func TestAnswers(t *testing.T) {
	worldtest.Replay(t, "testdata/http.txt", *update, func(play func(*testing.T, worldtest.Call)) {
		inWorld(t, func(t *testing.T, w *world) {
			in := w.scene()
			play(t, func(method, path, body string) (int, string) {
				code, answer := w.Call(method, in.addr+api+path, body)
				return code, moment.ReplaceAllString(answer, "TIME")
			})
		})
	})
}

// scene is a leader whose two workers run a task and have ended two, with one task
// that waits for a lock and one for room.
func (w *world) scene() *incarnation {
	w.T.Helper()
	m := w.middlemanager(8091)
	w.middlemanager(8092, func(o *middlemanager) { o.info.Version = "" })
	in := w.leader(8090)
	for _, task := range []struct{ id, status string }{{"done", druid.TaskSuccess}, {"broken", druid.TaskFailed}} {
		w.taken(in, m, task.id)
		m.ends(task.id, task.status)
		w.Until(task.id+" has ended", func() bool { return !w.Exists(w.Paths.Status(m.info.Host, task.id)) })
		time.Sleep(time.Minute)
	}
	w.taken(in, m, "run")
	m.runs("run", 8100)
	const kill = `{"type":"kill","id":%q,"dataSource":"wiki","interval":"2019-01-01/2019-01-02"}`
	w.submit(in, fmt.Sprintf(kill, "kill"))
	w.becomes(in, "kill", isRunning)
	time.Sleep(time.Minute)
	w.submit(in, fmt.Sprintf(kill, "waits"))
	w.submit(in, worldtest.Noop("full"))
	w.becomes(in, "full", isPending)
	if err := os.MkdirAll(w.dir+"/logs", 0o755); err != nil {
		w.T.Fatal(err)
	}
	for name, text := range map[string]string{"done.log": "the log of done", "done.report.json": `{"a":1}`} {
		if err := os.WriteFile(w.dir+"/logs/"+name, []byte(text), 0o644); err != nil {
			w.T.Fatal(err)
		}
	}
	return in
}

func TestRunningLogComesFromTheWorker(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		m := w.middlemanager(8091)
		in := w.leader(8090)
		w.taken(in, m, "a")
		if code, body := w.Get(in.addr + api + "/task/a/log?offset=-7"); code != http.StatusOK || body != "the log of a at the worker" {
			t.Errorf("got %d %s", code, body)
		}
		if diff := cmp.Diff([]string{"GET /druid/worker/v1/task/a/log?offset=-7"}, m.requests()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestPendingSegmentsAreDeletedByTheirCreationTime(t *testing.T) {
	inTerm(t, func(t *testing.T, w *world, in *incarnation) {
		w.submit(in, wiki("a"))
		w.act(in, wiki("a"), allocate("s1", "null"))
		w.act(in, wiki("a"), allocate("s2", "null"))
		for _, step := range []struct{ path, want string }{
			{"/pendingSegments/wiki?interval=2019-01-01/2019-02-01", `200 {"numDeleted":0}`},
			{"/pendingSegments/edits?interval=2000-01-01/2000-02-01", `200 {"numDeleted":0}`},
			{"/pendingSegments/wiki?interval=2000-01-01/2000-02-01", `200 {"numDeleted":2}`},
		} {
			code, body := w.Call(http.MethodDelete, in.addr+api+step.path, "")
			if got := fmt.Sprintf("%d %s", code, body); got != step.want {
				t.Errorf("%s: got %s, want %s", step.path, got, step.want)
			}
		}
	})
}

func TestFullQueueRefusesTasks(t *testing.T) {
	inTerm(t, func(t *testing.T, w *world, in *incarnation) {
		w.submit(in, worldtest.Noop("a"))
		code, body := w.Call(http.MethodPost, in.addr+api+"/task", worldtest.Noop("b"))
		if want := `{"error":"Too many tasks (max = 1)"}`; code != http.StatusInternalServerError || body != want {
			t.Errorf("got %d %s, want 500 %s", code, body, want)
		}
	}, with("druid.indexer.queue.maxSize", "1"))
}

func TestWorkerConfigTakesEffectAndOutlivesTheLeader(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		m := w.middlemanager(8091)
		w.middlemanager(8092, func(m *middlemanager) { m.info.Capacity = 9 })
		first := w.leader(8090)
		second := w.start(8190)
		bind := `{"selectStrategy":{"type":"fillCapacityWithAffinity","affinityConfig":{"affinity":{"none":["127.0.0.1:8091"]},"strong":true}}}`
		if code, body := w.Call(http.MethodPost, first.addr+api+"/worker", bind); code != http.StatusOK {
			t.Fatalf("got %d %s", code, body)
		}
		w.taken(first, m, "a")
		first.stop()
		w.leads(second)
		w.taken(second, m, "b")
		w.submit(second, worldtest.Noop("c"))
		time.Sleep(time.Minute)
		if got := w.state(second, "c"); got != isPending {
			t.Errorf("got %s, want it waiting for its own worker", got)
		}
		if err := w.store.SetConfig(t.Context(), workerConfigKey, []byte(`{}`), auditInfo(&http.Request{})); err != nil {
			t.Fatal(err)
		}
		w.becomes(second, "c", isRunning)
	})
}
