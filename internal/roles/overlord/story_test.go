package overlord

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/druid"
	"oakmoot/internal/worldtest"
	"oakmoot/internal/zk/zkconn"
)

func TestTaskGoesFromAssignmentToSuccess(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		m := w.middlemanager(8091)
		m.set(func() { m.deaf = true })
		in := w.leader(8090)
		w.submit(in, worldtest.Noop("a"))
		path := w.Paths.Task(m.info.Host, "a")
		w.Until("it is assigned", func() bool { return w.Exists(path) })
		data, stat, err := w.Conn.Get(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		want := `{"type":"noop","id":"a","dataSource":"none","runTime":2500,"isReadyTime":0,"isReadyResult":"YES","firehose":null,"context":{},"groupId":"a","resource":{"availabilityGroup":"a","requiredCapacity":1}}`
		if diff := cmp.Diff(want, string(data)); diff != "" {
			t.Error(diff)
		}
		if stat.EphemeralOwner != in.zc.SessionID() {
			t.Errorf("got owner %x, want the overlord's session %x", stat.EphemeralOwner, in.zc.SessionID())
		}
		m.set(func() { m.deaf = false })
		w.Until("it is taken", func() bool { return m.has("a") })
		w.becomes(in, "a", isRunning)
		m.runs("a", 8100)
		w.Until("its place is known", func() bool {
			_, body := w.Get(in.addr + api + "/runningTasks")
			return strings.Contains(body, `"location":{"host":"127.0.0.1","port":8100,"tlsPort":-1}`)
		})
		m.ends("a", druid.TaskSuccess)
		w.becomes(in, "a", succeeded)
		w.Until("its status node is gone", func() bool { return !w.Exists(w.Paths.Status(m.info.Host, "a")) })
		if status, err := w.store.TaskStatus(t.Context(), "a"); err != nil || status.Duration != 12 {
			t.Errorf("got %+v %v stored, want the worker's status", status, err)
		}
	})
}

func TestQueueIsNotTouchedBeforeTheStartDelay(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		m := w.middlemanager(8091)
		in := w.leader(8090, with("druid.indexer.queue.startDelay", "PT30S"))
		w.submit(in, worldtest.Noop("a"))
		submitted := time.Now()
		w.becomes(in, "a", isRunning)
		if waited := time.Since(submitted); waited < 29*time.Second || waited > 32*time.Second {
			t.Errorf("got it assigned after %v, want 30s", waited)
		}
		if !m.has("a") {
			t.Error("got no assignment")
		}
	})
}

func TestTasksOfALostWorkerFailAfterTheCleanupTimeout(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		m := w.middlemanager(8091)
		in := w.leader(8090)
		w.taken(in, m, "a")
		m.end()
		gone := time.Now()
		w.becomes(in, "a", hasFailed)
		if waited := time.Since(gone); waited < 15*time.Minute || waited > 17*time.Minute {
			t.Errorf("got it failed after %v, want 15m", waited)
		}
		w.Until("the directory of its statuses is gone", func() bool { return !w.Exists(w.Paths.StatusesOf(m.info.Host)) })
		if !w.Exists(w.Paths.TasksOf(m.info.Host)) {
			t.Error("the directory of its assignments is gone, want it kept")
		}
	})
}

func TestWorkerThatComesBackInTimeKeepsItsTasks(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		m := w.middlemanager(8091)
		in := w.leader(8090)
		w.taken(in, m, "a")
		m.end()
		w.Until("it is no longer seen", func() bool { _, body := w.Get(in.addr + api + "/workers"); return body == "[]" })
		time.Sleep(10 * time.Minute)
		back := w.middlemanager(8091)
		time.Sleep(10 * time.Minute)
		if got := w.state(in, "a"); got != isRunning {
			t.Errorf("got %s, want it running still", got)
		}
		back.ends("a", druid.TaskSuccess)
		w.becomes(in, "a", succeeded)
	})
}

func TestTaskOfAWorkerThatWasNeverSeenIsCleanedUp(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		m := w.middlemanager(8091)
		m.runs("old", 8100)
		m.end()
		w.leader(8090, with("druid.indexer.runner.taskCleanupTimeout", "PT10S"))
		w.Until("what it left is gone", func() bool { return !w.Exists(w.Paths.StatusesOf(m.info.Host)) })
	})
}

func TestAssignmentThatIsNeverTakenFailsTheTask(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		m := w.middlemanager(8091)
		m.set(func() { m.deaf = true })
		in := w.leader(8090)
		w.submit(in, worldtest.Noop("a"))
		submitted := time.Now()
		w.becomes(in, "a", hasFailed)
		if waited := time.Since(submitted); waited < 5*time.Minute || waited > 6*time.Minute {
			t.Errorf("got it failed after %v, want 5m", waited)
		}
		if w.Exists(w.Paths.Task(m.info.Host, "a")) {
			t.Error("the assignment of a task that has failed is there, want it taken back")
		}
		m.set(func() { m.deaf = false })
		w.taken(in, m, "b")
		if diff := cmp.Diff([]string{"b"}, m.tasks()); diff != "" {
			t.Errorf("taken (-want +got):\n%s", diff)
		}
	})
}

func TestWorkerHasAtMostOneUnacknowledgedAssignment(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		m := w.middlemanager(8091)
		m.set(func() { m.deaf = true })
		in := w.leader(8090)
		for _, id := range []string{"a", "b", "c"} {
			w.submit(in, worldtest.Noop(id))
			time.Sleep(time.Second)
		}
		names, err := w.Conn.Children(t.Context(), w.Paths.TasksOf(m.info.Host))
		if err != nil || len(names) != 1 || names[0] != "a" {
			t.Errorf("got %v %v assigned, want the oldest alone", names, err)
		}
		m.set(func() { m.deaf = false })
		w.becomes(in, "b", isRunning)
		time.Sleep(time.Minute)
		if got := w.state(in, "c"); got != isPending {
			t.Errorf("got %s, want no room for the third", got)
		}
		m.ends("a", druid.TaskSuccess)
		w.Until("the third is taken", func() bool { return m.has("c") })
		if diff := cmp.Diff([]string{"a", "b", "c"}, m.tasks()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestNextLeaderAdoptsWhatRuns(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		m := w.middlemanager(8091)
		first := w.leader(8090)
		second := w.start(8190)
		w.taken(first, m, "a", "b")
		w.submit(first, worldtest.Noop("c"))
		first.link.Cut()
		m.ends("a", druid.TaskSuccess)
		w.leads(second)
		w.becomes(second, "a", succeeded)
		w.becomes(second, "b", isRunning)
		w.Until("the third is taken", func() bool { return m.has("c") })
		m.ends("b", druid.TaskFailed)
		w.becomes(second, "b", hasFailed)
		if diff := cmp.Diff([]string{"a", "b", "c"}, m.tasks()); diff != "" {
			t.Errorf("assigned (-want +got):\n%s", diff)
		}
		if got := m.requests(); len(got) != 0 {
			t.Errorf("got the worker asked %v", got)
		}
	})
}

func TestLeaderThatIsCutOffStopsAnswering(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		first := w.leader(8090)
		first.link.Cut()
		w.Until("it does not lead", func() bool { code, _ := w.Get(first.addr + api + "/isLeader"); return code == http.StatusNotFound })
		if code, _ := w.Call(http.MethodPost, first.addr+api+"/task", worldtest.Noop("a")); code != http.StatusServiceUnavailable {
			t.Errorf("got %d for a task, want 503", code)
		}
	})
}

func TestFollowerSendsToTheLeader(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		first := w.leader(8090)
		second := w.start(8190)
		for _, path := range []string{api + "/task?x=1", api + "/action"} {
			code, location := w.Call(http.MethodPost, second.addr+path, worldtest.Noop("a"))
			if want := "http://" + first.addr + path; code != http.StatusTemporaryRedirect || location != want {
				t.Errorf("got %d %s, want 307 %s", code, location, want)
			}
		}
		if code, body := w.Get(second.addr + api + "/leader"); code != http.StatusOK || body != "http://"+first.addr {
			t.Errorf("got %d %s for the leader", code, body)
		}
		if code, body := w.Get(second.addr + api + "/isLeader"); code != http.StatusNotFound || body != `{"leader":false}` {
			t.Errorf("got %d %s", code, body)
		}
		if got := len(w.services()); got != 1 {
			t.Errorf("got %d services announced, want the leader's alone", got)
		}
		first.stop()
		w.leads(second)
		w.Until("the new leader alone is announced", func() bool { return len(w.services()) == 1 })
	})
}

func (w *world) services() []string {
	w.T.Helper()
	names, err := w.Conn.Children(w.T.Context(), w.Paths.Service("druid/overlord"))
	if err != nil {
		w.T.Fatal(err)
	}
	return names
}

func TestDisabledWorkerIsNotChosen(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		m := w.middlemanager(8091)
		in := w.leader(8090)
		m.version("")
		w.Until("it is seen", func() bool {
			_, body := w.Get(in.addr + api + "/workers")
			return strings.Contains(body, `"version":""`)
		})
		w.submit(in, worldtest.Noop("a"))
		time.Sleep(5 * time.Minute)
		if got := w.state(in, "a"); got != isPending {
			t.Errorf("got %s, want it pending", got)
		}
		m.version("0")
		w.becomes(in, "a", isRunning)
	})
}

func TestWorkerThatFailsTooOftenIsLeftAloneForAWhile(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		bad := w.middlemanager(8091, func(m *middlemanager) { m.info.Capacity, m.auto = 100, druid.TaskFailed })
		for i := range 4 {
			w.middlemanager(8092+i, func(m *middlemanager) { m.info.Capacity = 1 })
		}
		in := w.leader(8090, with("druid.indexer.runner.workerBlackListBackoffTime", "PT2M", "druid.indexer.runner.workerBlackListCleanupPeriod", "PT30S"))
		for i := range 6 {
			id := fmt.Sprintf("bad%d", i)
			w.submit(in, worldtest.Noop(id))
			w.becomes(in, id, hasFailed)
		}
		blacklisted := time.Now()
		_, body := w.Get(in.addr + api + "/workers")
		var workers []struct{ BlacklistedUntil *druid.Timestamp }
		if err := json.Unmarshal([]byte(body), &workers); err != nil {
			t.Fatal(err)
		}
		if until := workers[0].BlacklistedUntil; until == nil || until.Time().Sub(blacklisted).Round(time.Second) != 2*time.Minute {
			t.Errorf("got %s, want the first worker blacklisted for 2m", body)
		}
		bad.set(func() { bad.auto = "" })
		w.submit(in, worldtest.Noop("good"))
		w.becomes(in, "good", isRunning)
		if bad.has("good") {
			t.Error("the blacklisted worker was chosen")
		}
		w.Until("it is chosen again", func() bool {
			id := fmt.Sprintf("t%d", time.Now().UnixNano())
			w.submit(in, fmt.Sprintf(`{"type":"noop","id":%q}`, id))
			time.Sleep(10 * time.Second)
			return bad.has(id)
		})
		if waited := time.Since(blacklisted); waited < 2*time.Minute || waited > 3*time.Minute {
			t.Errorf("got it back after %v, want 2m and a sweep", waited)
		}
	})
}

func TestBadPayloadsAreLoggedOnceAndTheOverlordGoesOn(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		m := w.middlemanager(8091)
		in := w.leader(8090)
		if _, err := w.Conn.Create(t.Context(), w.Paths.Worker("broken:1"), []byte("no json"), zkconn.Ephemeral); err != nil {
			t.Fatal(err)
		}
		m.write("x", []byte("no json"))
		m.write("y", []byte(`{"id":"z","status":"SUCCESS"}`))
		w.taken(in, m, "a")
		time.Sleep(5 * time.Minute)
		m.ends("a", druid.TaskSuccess)
		w.becomes(in, "a", succeeded)
		for _, path := range []string{w.Paths.Worker("broken:1"), w.Paths.Status(m.info.Host, "x"), w.Paths.Status(m.info.Host, "y")} {
			lines := slices.DeleteFunc(strings.Split(in.log.String(), "\n"), func(line string) bool { return !strings.Contains(line, path) })
			if len(lines) != 1 || !strings.Contains(lines[0], "not understood") {
				t.Errorf("%s: got log lines %q, want one", path, lines)
			}
			if !w.Exists(path) {
				t.Errorf("%s is gone, want it left alone", path)
			}
		}
	})
}

func TestStatusOfAnUnknownTaskIsDealtWith(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		m := w.middlemanager(8091)
		m.ends("done", druid.TaskSuccess)
		m.runs("stray", 8100)
		w.leader(8090)
		w.Until("the one that is done is deleted", func() bool { return !w.Exists(w.Paths.Status(m.info.Host, "done")) })
		w.Until("the one that runs is ended, then deleted", func() bool { return !w.Exists(w.Paths.Status(m.info.Host, "stray")) })
		if diff := cmp.Diff([]string{"POST /druid/worker/v1/task/stray/shutdown"}, m.requests()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestTaskWhoseStatusVanishesHasFailed(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		m := w.middlemanager(8091)
		in := w.leader(8090)
		w.taken(in, m, "a")
		if err := w.Conn.Delete(t.Context(), w.Paths.Status(m.info.Host, "a"), -1); err != nil {
			t.Fatal(err)
		}
		w.becomes(in, "a", hasFailed)
	})
}

func TestShutdownReachesTheWorker(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		m := w.middlemanager(8091)
		in := w.leader(8090)
		w.taken(in, m, "a")
		if code, body := w.Call(http.MethodPost, in.addr+api+"/task/a/shutdown", ""); code != http.StatusOK || body != `{"task":"a"}` {
			t.Errorf("got %d %s", code, body)
		}
		if got := w.state(in, "a"); got != hasFailed {
			t.Errorf("got %s, want it failed at once", got)
		}
		w.Until("its status is deleted", func() bool { return !w.Exists(w.Paths.Status(m.info.Host, "a")) })
		if diff := cmp.Diff([]string{"POST /druid/worker/v1/task/a/shutdown"}, m.requests()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestTaskThatIsNotReadyWaits(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		m := w.middlemanager(8091)
		in := w.leader(8090)
		const kill = `{"type":"kill","id":%q,"dataSource":"wiki","interval":"2019-01-01/2019-01-02"}`
		w.submit(in, fmt.Sprintf(kill, "k1"))
		w.becomes(in, "k1", isRunning)
		w.submit(in, fmt.Sprintf(kill, "k2"))
		w.submit(in, `{"type":"noop","id":"no","isReadyResult":"NO"}`)
		w.submit(in, `{"type":"noop","id":"never","isReadyResult":"EXCEPTION"}`)
		w.becomes(in, "never", hasFailed)
		time.Sleep(time.Minute)
		for _, id := range []string{"k2", "no"} {
			if got := w.state(in, id); got != isWaiting {
				t.Errorf("%s: got %s, want it waiting", id, got)
			}
		}
		m.ends("k1", druid.TaskSuccess)
		w.becomes(in, "k2", isRunning)
	})
}

func TestTaskTooBigForANodeFails(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		m := w.middlemanager(8091)
		in := w.leader(8090, with("druid.indexer.runner.maxZnodeBytes", "10240"))
		w.submit(in, `{"type":"noop","id":"big","context":{"x":"`+strings.Repeat("x", 10240)+`"}}`)
		w.becomes(in, "big", hasFailed)
		if m.has("big") {
			t.Error("it was assigned")
		}
	})
}
