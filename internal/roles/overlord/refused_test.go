package overlord

import (
	"os"
	"strings"
	"testing"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/worldtest"
)

var taskDifferences = worldtest.Differences{
	`"dataSource":"a\\b"`: "a directory of deep storage is named so, and one with a backslash is none on every system",
	`"id":"compact23"`:    "CompactionTask takes a slash in its datasource, and would publish segments that no historical could be asked for",
	`tab\tx`:              "ZooKeeper refuses the znode",
	`"id":""`:             "no worker could use that id",
	`"version":"",`:       "DataSegment takes an empty version, which no task makes and whose files nothing finds again",
}

var unknownDifferences = worldtest.Differences{
	`"action":{"type":"updateStatus"`:       "tasks of later versions of Druid send it, and go on when they are answered",
	`"action":{"type":"updateLocation"`:     "likewise",
	`"action":{"type":"lockTryAcquire"}`:    "what 0.14.0 makes of it is a NullPointerException later on",
	`"action":{"type":"segmentListUnused"}`: "likewise",
	`"action":{"type":"surrogateAction"}`:   "likewise",
	`"version":"v","loadSpec":{}`:           "the segments are named by their ids in the error, not by all their members",
}

// TestTasksAreTakenAndRefusedAsDruidDoes gives the bodies of testdata/tasks.txt to a
// leader and compares its answers with those of a real one.
func TestTasksAreTakenAndRefusedAsDruidDoes(t *testing.T) {
	script, err := os.ReadFile("testdata/tasks.txt")
	if err != nil {
		t.Fatal(err)
	}
	inTerm(t, func(t *testing.T, w *world, in *incarnation) {
		worldtest.SameAnswers(t, string(script), taskDifferences, func(method, path, body string) (int, string) {
			code, answer := w.Call(method, in.addr+api+path, body)
			return code, moment.ReplaceAllString(answer, "TIME")
		})
	})
}

func TestNamesThatNoWorkerCouldUseAreRefused(t *testing.T) {
	inTerm(t, func(t *testing.T, w *world, in *incarnation) {
		for _, body := range []string{
			`{"type":"noop","id":"a/b"}`, `{"type":"noop","id":""}`, `{"type":"noop","id":".."}`, `{"type":"noop","id":"a\u001b[31m"}`, `{"type":"noop","id":"a\nb"}`,
			`{"type":"noop","id":"restore.json"}`, `{"type":"kill","dataSource":"a/b","interval":"2019-01-01/2019-01-02"}`,
			`{"type":"compact","id":"c","dataSource":"a/b","interval":"2019-01-01/2019-01-02"}`,
			`{"type":"index","id":"i","spec":{"dataSchema":{"dataSource":".."},"ioConfig":{"type":"index"}}}`,
			`{"type":"noop","id":"` + strings.Repeat("x", 250) + `"}`,
		} {
			code, answer := w.Call("POST", in.addr+api+"/task", body)
			if code != 400 || !strings.Contains(answer, " cannot ") {
				t.Errorf("%s: got %d %s, want 400 and why", body, code, answer)
			}
		}
		if code, answer := w.Get(in.addr + api + "/tasks"); code != 200 || answer != "[]" {
			t.Errorf("got %d %s, want no task", code, answer)
		}
	})
}

// TestStoredTaskWithABadNameFailsAndHoldsUpNobody is a task of a real overlord that
// used the same store.
func TestStoredTaskWithABadNameFailsAndHoldsUpNobody(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		m := w.middlemanager(8091)
		task, err := druid.ParseTask([]byte(`{"type":"noop","id":"a/b"}`), druid.At(time.Now()))
		if err != nil {
			t.Fatal(err)
		}
		if err := w.store.InsertTask(t.Context(), task, druid.TaskStatus{ID: task.ID, Status: druid.TaskRunning, Duration: -1}, druid.At(time.Now())); err != nil {
			t.Fatal(err)
		}
		in := w.leader(8090)
		w.taken(in, m, "n")
		w.Until("it has failed", func() bool {
			s, err := w.store.TaskStatus(t.Context(), "a/b")
			return err == nil && s.Status == druid.TaskFailed
		})
		for path, want := range map[string]int{"": 200, "/status": 200, "/log": 404, "/reports": 404, "/segments": 200} {
			if code, answer := w.Get(in.addr + api + "/task/a%2Fb" + path); code != want {
				t.Errorf("%s: got %d %s, want %d", path, code, answer, want)
			}
		}
	})
}

// TestWhatIsUnknownIsAnsweredAsDruidDoes gives the requests of testdata/unknown.txt to
// a leader without tasks and workers.
func TestWhatIsUnknownIsAnsweredAsDruidDoes(t *testing.T) {
	script, err := os.ReadFile("testdata/unknown.txt")
	if err != nil {
		t.Fatal(err)
	}
	inWorld(t, func(t *testing.T, w *world) {
		in := w.leader(8090)
		worldtest.SameAnswers(t, string(script), unknownDifferences, func(method, path, body string) (int, string) { return w.Call(method, in.addr+api+path, body) })
	})
}
