package middlemanager

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/peon"
)

func TestTaskThatPanicsFailsAndTheWorkerLives(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.kinds = []peon.Kind{{Type: "index_realtime", Run: func(context.Context, *peon.Peon) error { panic("ouch") }}}
		w.start()
		w.assign("p", realtimeTask("p"))
		if s := w.ended("p"); s.Status != druid.TaskFailed || s.ErrorMsg != "" {
			t.Errorf("got %+v, want FAILED without a message", s)
		}
		if data, err := os.ReadFile(filepath.Join(w.dir, "logs", "p.log")); err != nil || !strings.Contains(string(data), "ouch") {
			t.Errorf("stored log: got %q %v, want the panic in it", data, err)
		}
		w.assign("n", noop("n", 1))
		if s := w.ended("n"); s.Status != druid.TaskSuccess {
			t.Errorf("the next task: got %+v, want a success", s)
		}
	})
}

func TestOversizeStatusIsNotWritten(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.props["druid.indexer.runner.maxZnodeBytes"] = "400"
		w.start()
		id := strings.Repeat("x", 100)
		w.assign(id, noop(id, 100))
		w.Until("the log says so", func() bool { return strings.Contains(w.log.String(), "too large") })
		w.assign("n", noop("n", 100))
		w.ended("n")
		if w.status(id) != nil {
			t.Error("the oversize status was written")
		}
	})
}

func TestAssignmentThatIsNotATaskFailsAndIsLoggedOnce(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.start()
		w.assign("bad", `{"type":"noop",`)
		w.assign("strange", `{"type":"no such kind","id":"strange"}`)
		w.assign("zipped", string(druid.Gzip([]byte(noop("zipped", 1)))))
		w.assign("escape", noop("../escape", 1))
		w.assign("n", noop("n", 1))
		w.ended("n")
		w.ended("escape")
		for _, id := range []string{"bad", "strange", "zipped", "escape"} {
			if w.Exists(w.Paths.Task(workerHost, id)) {
				t.Errorf("assignment %s stays", id)
			}
			if n := strings.Count(w.log.String(), "tasks/"+workerHost+"/"+id); n != 1 {
				t.Errorf("%s: got %d log lines, want 1:\n%s", id, n, w.log)
			}
			if s := w.status(id); s == nil || s.Status.Status != druid.TaskFailed || s.Status.ErrorMsg == "" {
				t.Errorf("%s: got %+v, want it failed with the reason", id, s)
			}
		}
	})
}

func TestDeletedAnnouncementIsMadeAgain(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.start()
		w.assign("n", noop("n", 20_000))
		w.located("n")
		w.Delete(w.Paths.Worker(workerHost))
		w.Until("the worker is announced again", func() bool { return w.Exists(w.Paths.Worker(workerHost)) })
		if s := w.ended("n"); s.Status != druid.TaskSuccess {
			t.Errorf("got %+v, want a success", s)
		}
	})
}

func TestKilledWorkerEndsAtOnceAndSettlesItsTasksOnReturn(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		stop := w.start()
		w.assign("n", noop("n", 3_600_000))
		w.located("n")
		w.link.Cut()
		began := time.Now()
		stop()
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("the end of a worker without a connection took %v", took)
		}
		if !w.Exists(w.Paths.Worker(workerHost)) {
			t.Error("the announcement went before its session")
		}
		w.Until("the session has timed out", func() bool { return !w.Exists(w.Paths.Worker(workerHost)) })
		w.link.Heal()
		w.start()
		if s := w.status("n").Status; s.Status != druid.TaskFailed {
			t.Errorf("after its return: got %+v, want FAILED", s)
		}
	})
}

func TestTaskOutlivesItsWorkersSession(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.start()
		w.assign("n", noop("n", 30_000))
		w.located("n")
		sessions, err := w.ZK.Sessions(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range sessions {
			if int64(s.ID) != w.Conn.SessionID() {
				if err := w.ZK.Expire(t.Context(), s.ID); err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, path := range []string{w.Paths.Worker(workerHost), w.Paths.NodeDiscovery(druid.MiddleManager, workerHost)} {
			w.Until(path+" is there again", func() bool { return w.Exists(path) })
		}
		if s := w.ended("n"); s.Status != druid.TaskSuccess {
			t.Errorf("got %+v, want a success", s)
		}
		w.assign("m", noop("m", 1))
		if s := w.ended("m"); s.Status != druid.TaskSuccess {
			t.Errorf("the next task: got %+v, want a success", s)
		}
	})
}

func TestStatusIsWrittenOnceTheConnectionIsBack(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.start()
		w.assign("n", noop("n", 5_000))
		w.located("n")
		w.link.Cut()
		time.Sleep(60 * time.Second)
		if s := w.status("n").Status; s.Complete() {
			t.Errorf("status over a cut wire: got %+v", s)
		}
		w.link.Heal()
		if s := w.ended("n"); s.Status != druid.TaskSuccess || s.Duration > 10_000 {
			t.Errorf("got %+v, want a success of 5 s", s)
		}
	})
}
