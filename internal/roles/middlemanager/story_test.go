package middlemanager

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/peon"
	"oakmoot/internal/run/disk"
	"oakmoot/internal/zk/zkconn"
)

var changing = regexp.MustCompile(`"created":"[^"]*"|"port":32\d{3}|"duration":\d+`)

// stable takes what differs from run to run out of recorded lines.
func stable(lines []string) []string {
	out := []string{}
	for _, line := range lines {
		out = append(out, changing.ReplaceAllStringFunc(line, func(m string) string { return m[:strings.Index(m, ":")+1] + "…" }))
	}
	return out
}

const (
	worker      = `{"scheme":"http","host":"127.0.0.1:8091","ip":"127.0.0.1","capacity":2,"version":"0"}`
	announceDir = "/druid/indexer/announcements"
)

func taskStatus(id, status, duration, errorMsg, host, port string) string {
	return fmt.Sprintf(`{"id":"%s","type":"noop","status":"%s","taskStatus":{"id":"%s","status":"%s","duration":%s,"errorMsg":%s},`+
		`"taskResource":{"availabilityGroup":"%s","requiredCapacity":1},"taskLocation":{"host":%s,"port":%s,"tlsPort":-1},"taskDataSource":"none"}`,
		id, status, id, status, duration, errorMsg, id, host, port)
}

func TestWorkerRegistersInDruidsOrder(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		stop := w.start()
		want := []string{
			`create /druid/indexer/tasks/127.0.0.1:8091 {"created":…}`,
			`create /druid/indexer/status/127.0.0.1:8091 {"created":…}`,
			`create /druid/indexer/announcements/127.0.0.1:8091 ` + worker,
			`create /druid/internal-discovery/MIDDLE_MANAGER/127.0.0.1:8091 {"druidNode":{"service":"druid/middleManager","host":"127.0.0.1","bindOnHost":false,"plaintextPort":8091,"port":-1,"tlsPort":-1,"enablePlaintextPort":true,"enableTlsPort":false},"nodeType":"middleManager","services":{"workerNodeService":{"type":"workerNodeService","ip":"127.0.0.1","capacity":2,"version":"0"}}}`,
		}
		if diff := cmp.Diff(want, stable(w.writtenAbout("8091"))); diff != "" {
			t.Errorf("start (-want +got):\n%s", diff)
		}
		stop()
		want = []string{
			`delete /druid/internal-discovery/MIDDLE_MANAGER/127.0.0.1:8091`,
			`delete /druid/indexer/announcements/127.0.0.1:8091`,
		}
		if diff := cmp.Diff(want, w.writtenAbout("8091")[4:]); diff != "" {
			t.Errorf("stop (-want +got):\n%s", diff)
		}
		for _, path := range []string{w.Paths.TasksOf(workerHost), w.Paths.StatusesOf(workerHost), announceDir} {
			if !w.Exists(path) {
				t.Errorf("%s went with the worker, want it to stay", path)
			}
		}
	})
}

func TestTaskIsWrittenStepByStep(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.start()
		w.assign("n", noop("n", 500))
		if s := w.ended("n"); s.Status != druid.TaskSuccess || s.Duration < 500 || s.Duration > 1500 {
			t.Errorf("final status: got %+v, want a success after 500 ms", s)
		}
		const at = "/druid/indexer/status/127.0.0.1:8091/n "
		want := []string{
			"create " + at + taskStatus("n", "RUNNING", "-1", "null", "null", "-1"),
			"delete /druid/indexer/tasks/127.0.0.1:8091/n",
			"set " + at + taskStatus("n", "RUNNING", "-1", "null", `"127.0.0.1"`, "…"),
			"set " + at + taskStatus("n", "SUCCESS", "…", "null", `"127.0.0.1"`, "…"),
		}
		if diff := cmp.Diff(want, stable(w.writtenAbout("8091/n")[1:])); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestTaskLeavesItsLogAndNoFiles(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.start()
		w.assign("n", noop("n", 5000))
		at := w.located("n")
		tasks := filepath.Join(w.dir, "node", "task")
		for _, name := range []string{"task.json", "log", "lock"} {
			if _, err := os.Stat(filepath.Join(tasks, "n", name)); err != nil {
				t.Errorf("while it runs: %v", err)
			}
		}
		if code, body := w.Call("GET", fmt.Sprintf("%s:%d/status/health", at.Host, at.Port), ""); code != 200 || body != "true" {
			t.Errorf("the task's location: got %d %s, want it healthy", code, body)
		}
		if code, body := w.Call("GET", workerHost+"/druid/worker/v1/task/n/log?offset=0", ""); code != 200 || !strings.Contains(body, "running task") {
			t.Errorf("log while it runs: got %d %q", code, body)
		}
		if code, body := w.Call("GET", workerHost+"/druid/worker/v1/task/n/log?offset=-5", ""); code != 200 || len(body) != 5 {
			t.Errorf("the last five bytes: got %d %q", code, body)
		}
		w.ended("n")
		if data, err := os.ReadFile(filepath.Join(w.dir, "logs", "n.log")); err != nil || !strings.Contains(string(data), "task completed") {
			t.Errorf("stored log: got %q %v", data, err)
		}
		if _, err := os.Stat(filepath.Join(tasks, "n")); !os.IsNotExist(err) {
			t.Errorf("the task's directory after its end: got %v, want it gone", err)
		}
		if _, err := os.Stat(filepath.Join(tasks, completedTasks, "n")); err != nil {
			t.Errorf("completed task: %v", err)
		}
		if code, _ := w.Call("GET", workerHost+"/druid/worker/v1/task/n/log", ""); code != 404 {
			t.Errorf("log after its end: got %d, want 404", code)
		}
	})
}

func TestShutdownFailsTheTask(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.start()
		for i := range 3 { // the third waits for a slot
			w.accepted(fmt.Sprint("n", i), 7_200_000)
		}
		w.located("n0")
		w.located("n1")
		if _, body := w.Call("GET", workerHost+"/druid/worker/v1/tasks", ""); body != `["n0","n1","n2"]` {
			t.Errorf("tasks: got %s", body)
		}
		if at := w.status("n2").Location; at != druid.UnknownLocation() {
			t.Errorf("n2 has location %+v although both slots are taken", at)
		}
		for _, id := range []string{"n2", "n0", "unknown"} {
			if code, body := w.Call("POST", workerHost+"/druid/worker/v1/task/"+id+"/shutdown", ""); code != 200 || body != `{"task":"`+id+`"}` {
				t.Errorf("shutdown of %s: got %d %s", id, code, body)
			}
		}
		for _, id := range []string{"n0", "n2"} {
			if s := w.ended(id); s.Status != druid.TaskFailed || s.ErrorMsg != "" {
				t.Errorf("%s: got %+v, want FAILED without a message", id, s)
			}
		}
		if s := w.status("n1").Status; s.Complete() {
			t.Errorf("n1: got %+v, want it running", s)
		}
	})
}

func TestCapacityBoundsWhatRunsAtOnce(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.start()
		for i := range 4 {
			w.accepted(fmt.Sprint("n", i), 10_000)
		}
		w.located("n0")
		w.located("n1")
		time.Sleep(5 * time.Second)
		for _, id := range []string{"n2", "n3"} {
			if at := w.status(id).Location; at != druid.UnknownLocation() {
				t.Errorf("%s runs at %+v although both slots are taken", id, at)
			}
		}
		for i := range 4 {
			if s := w.ended(fmt.Sprint("n", i)); s.Status != druid.TaskSuccess {
				t.Errorf("n%d: got %+v, want a success", i, s)
			}
		}
	})
}

func TestDisabledWorkerIsAnnouncedWithoutAVersion(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.start()
		w.assign("n", noop("n", 60_000))
		w.located("n")
		for _, step := range []struct{ path, answer, enabled, version string }{
			{"disable", `{"127.0.0.1:8091":"disabled"}`, `{"127.0.0.1:8091":false}`, `""`},
			{"enable", `{"127.0.0.1:8091":"enabled"}`, `{"127.0.0.1:8091":true}`, `"0"`},
		} {
			if code, body := w.Call("POST", workerHost+"/druid/worker/v1/"+step.path, ""); code != 200 || body != step.answer {
				t.Errorf("%s: got %d %s, want %s", step.path, code, body, step.answer)
			}
			if _, body := w.Call("GET", workerHost+"/druid/worker/v1/enabled", ""); body != step.enabled {
				t.Errorf("enabled after %s: got %s, want %s", step.path, body, step.enabled)
			}
			want := strings.Replace(worker, `"0"`, step.version, 1)
			w.Until("announced as "+want, func() bool {
				data, _, err := w.Conn.Get(t.Context(), w.Paths.Worker(workerHost))
				return err == nil && string(druid.Gunzip(data)) == want
			})
		}
		if s := w.status("n").Status; s.Complete() {
			t.Errorf("task of the disabled worker: got %+v, want it running", s)
		}
	})
}

func TestStoppedWorkerLeavesStatusesForItsReturn(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		stop := w.start()
		w.assign("done", noop("done", 100))
		w.ended("done")
		w.assign("n", noop("n", 3_600_000))
		w.located("n")
		stop()
		if s := w.status("n"); s.Status.Status != druid.TaskRunning {
			t.Errorf("status of a stopped worker's task: got %+v, want RUNNING", s.Status)
		}
		if _, err := w.Conn.Set(t.Context(), w.Paths.Status(workerHost, "done"), []byte(taskStatus("done", "RUNNING", "-1", "null", "null", "-1")), -1); err != nil {
			t.Fatal(err) // as if the result had not got through
		}
		before := len(w.written())
		w.start()
		if s := w.status("n"); s.Status.Status != druid.TaskFailed || s.Status.Duration != -1 || s.Location != druid.UnknownLocation() {
			t.Errorf("after its return: got %+v, want FAILED, -1 ms, nowhere", s)
		}
		if s := w.status("done").Status; s.Status != druid.TaskSuccess || s.Duration < 100 {
			t.Errorf("the result that it remembers: got %+v, want it written", s)
		}
		var order []string
		for _, line := range w.written()[before:] {
			if !strings.Contains(line, "8091") {
				continue // sessions
			}
			order = append(order, strings.Join(strings.Fields(line)[:2], " "))
		}
		want := []string{
			"create /druid/indexer/announcements/127.0.0.1:8091",
			"set /druid/indexer/status/127.0.0.1:8091/done",
			"set /druid/indexer/status/127.0.0.1:8091/n",
			"create /druid/internal-discovery/MIDDLE_MANAGER/127.0.0.1:8091",
		}
		if diff := cmp.Diff(want, order); diff != "" {
			t.Errorf("order of the return (-want +got):\n%s", diff)
		}
	})
}

// realtimeTask is a task of a kind that the tests provide.
func realtimeTask(id string) string {
	return fmt.Sprintf(`{"type":"index_realtime","id":%q,"spec":{"dataSchema":{"dataSource":"ds","parser":{"type":"string","parseSpec":{"format":"json","timestampSpec":{"column":"ts"},"dimensionsSpec":{}}},"metricsSpec":[],"granularitySpec":{"type":"uniform"}},"ioConfig":{"type":"realtime","firehose":{"type":"inline","data":""}},"tuningConfig":{"type":"realtime"}}}`, id)
}

func TestRestorableTaskGoesOnAfterARestart(t *testing.T) {
	for _, wanted := range []bool{true, false} {
		t.Run(fmt.Sprint("restoreTasksOnRestart ", wanted), func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				runs := make(chan string, 4)
				w.kinds = []peon.Kind{{Type: "index_realtime", Restorable: true, Run: func(ctx context.Context, p *peon.Peon) error {
					runs <- p.Task.ID
					<-ctx.Done()
					return ctx.Err()
				}}}
				w.props["druid.indexer.task.restoreTasksOnRestart"] = fmt.Sprint(wanted)
				stop := w.start()
				w.assign("r", realtimeTask("r"))
				w.located("r")
				stop()
				stop = w.start()
				if wanted {
					w.Until("it has run twice", func() bool { return len(runs) == 2 })
				} else if s := w.ended("r"); s.Status != druid.TaskFailed {
					t.Errorf("got %+v, want FAILED", s)
				}
				if s := w.status("r").Status; wanted && s.Complete() {
					t.Errorf("got %+v, want it running", s)
				}
				stop()
			})
		})
	}
}

func TestAssignmentsComeOnceAndWhileTheWorkerIsAway(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		stop := w.start()
		w.assign("n", noop("n", 100))
		w.ended("n")
		if _, err := w.Conn.Create(t.Context(), w.Paths.Task(workerHost, "n"), []byte(noop("n", 100)), zkconn.Persistent); err != nil {
			t.Fatal(err)
		}
		w.Until("the repeated assignment is ignored", func() bool { return strings.Contains(w.log.String(), "exists already") })
		stop()
		w.assign("m", noop("m", 100))
		w.start()
		if s := w.ended("m"); s.Status != druid.TaskSuccess {
			t.Errorf("assigned while the worker was away: got %+v, want a success", s)
		}
		if n := len(w.writtenAbout("status/127.0.0.1:8091/n ")); n != 3 {
			t.Errorf("status writes of n: got %d, want the 3 of its one run", n)
		}
	})
}

func TestAssignedTaskOnDiskRunsAtTheStart(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		s, err := openStore(disk.OS{}, filepath.Join(w.dir, "node", "task"))
		if err != nil {
			t.Fatal(err)
		}
		task, err := druid.ParseTask([]byte(noop("n", 100)), 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.putAssigned(task); err != nil {
			t.Fatal(err)
		}
		if err := s.write(filepath.Join(s.dir, assignedTasks, "garbage"), []byte("{")); err != nil {
			t.Fatal(err)
		}
		w.start()
		if s := w.ended("n"); s.Status != druid.TaskSuccess {
			t.Errorf("got %+v, want a success", s)
		}
		if !strings.Contains(w.log.String(), "garbage") {
			t.Error("the corrupted file was not logged")
		}
	})
}
