package middlemanager

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/zk/zkconn"
	"oakmoot/zkembed"
)

// Between reading an assignment and answering it the overlord may lose its session:
// another one then gives the task to somebody else.
func TestTaskWhoseAssignmentIsTakenBackDoesNotRun(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.start()
		path := w.Paths.Task(workerHost, "n")
		defer w.ZK.Fail(zkembed.Rule{Op: "multi", Times: 1, Action: zkembed.ActDelay, Delay: 2 * time.Second})()
		w.assign("n", noop("n", 100))
		time.Sleep(time.Second)
		w.Delete(path)
		w.Until("the worker says so", func() bool { return strings.Contains(w.log.String(), "assigned task not started") })
		if w.status("n") != nil {
			t.Error("the task has a status, want none")
		}
		if _, err := os.Stat(filepath.Join(w.dir, "logs", "n.log")); err == nil {
			t.Error("the task has run")
		}
		w.assign("n", noop("n", 100)) // to this worker again
		if s := w.ended("n"); s.Status != druid.TaskSuccess {
			t.Errorf("assigned again: got %+v, want a success", s)
		}
	})
}

// The answer to the transaction may be lost, whether it took effect or not.
func TestTaskWhoseTakingIsInDoubtRunsOnce(t *testing.T) {
	for name, action := range map[string]zkembed.Action{"request lost": zkembed.ActDropRequest, "reply lost": zkembed.ActDropReply, "session lost": zkembed.ActExpire} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				w.start()
				defer w.ZK.Fail(zkembed.Rule{Op: "multi", Times: 1, Action: action})()
				w.assign("n", noop("n", 100))
				if s := w.ended("n"); s.Status != druid.TaskSuccess {
					t.Errorf("got %+v, want a success", s)
				}
				if w.Exists(w.Paths.Task(workerHost, "n")) {
					t.Error("the assignment is still there")
				}
				if n := len(w.writtenAbout("status/127.0.0.1:8091/n ")); n != 3 {
					t.Errorf("status writes: got %d, want the 3 of one run", n)
				}
			})
		})
	}
}

func TestTaskIsTakenEvenIfItHasAStatus(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.start()
		w.Until("it is ready", func() bool { return w.Exists(w.Paths.StatusesOf(workerHost)) })
		if _, err := w.Conn.Create(t.Context(), w.Paths.Status(workerHost, "n"), []byte("old"), zkconn.Persistent); err != nil {
			t.Fatal(err)
		}
		w.assign("n", noop("n", 100))
		w.Until("it is taken", func() bool { return !w.Exists(w.Paths.Task(workerHost, "n")) })
		if s := w.ended("n"); s.Status != druid.TaskSuccess {
			t.Errorf("got %+v, want a success", s)
		}
	})
}

// An overlord that did not hear that it had made an assignment makes it again.
func TestAssignmentOfATaskThatIsHereAlreadyIsDeleted(t *testing.T) {
	for _, length := range []int{100, 3_600_000} {
		t.Run(time.Duration(length*int(time.Millisecond)).String(), func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				w.start()
				w.accepted("n", length)
				if length == 100 {
					w.ended("n")
				}
				w.assign("n", noop("n", length))
				w.Until("it goes", func() bool { return !w.Exists(w.Paths.Task(workerHost, "n")) })
				if n := len(w.writtenAbout("delete " + w.Paths.Task(workerHost, "n"))); n != 2 {
					t.Errorf("got %d assignments deleted, want 2", n)
				}
			})
		})
	}
}

// An overlord that deletes the status of a running task has given the task up.
func TestTaskThatItsOverlordGaveUpIsEnded(t *testing.T) {
	for _, away := range []bool{false, true} {
		t.Run(map[bool]string{false: "while the worker is there", true: "while it is away"}[away], func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				w.start()
				w.assign("n", noop("n", 3_600_000))
				w.located("n")
				if away {
					w.link.Cut()
				}
				time.Sleep(20 * time.Second)
				w.Delete(w.Paths.Status(workerHost, "n"))
				w.link.Heal()
				if s := w.ended("n"); s.Status != druid.TaskFailed {
					t.Errorf("got %+v, want it failed", s)
				}
				if s := w.assignAndEnd("m"); s.Status != druid.TaskSuccess {
					t.Errorf("the next task: got %+v, want a success", s)
				}
			})
		})
	}
}

func (w *world) assignAndEnd(id string) druid.TaskStatus {
	w.T.Helper()
	w.assign(id, noop(id, 100))
	return w.ended(id)
}

// ZooKeeper may be away for longer than the connection tries again by itself.
func TestFinalStatusIsWrittenHoweverLongItTakes(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.start()
		w.assign("n", noop("n", 5_000))
		w.located("n")
		w.link.Cut()
		time.Sleep(55 * time.Minute)
		w.link.Heal()
		if s := w.ended("n"); s.Status != druid.TaskSuccess {
			t.Errorf("got %+v, want a success", s)
		}
	})
}

// forgetful is a connection that carries its first transaction out, and gives it up.
type forgetful struct {
	zkconn.Conn
	once *sync.Once
}

func (f forgetful) Transact(ctx context.Context, parts ...zkconn.Part) error {
	err := f.Conn.Transact(ctx, parts...)
	f.once.Do(func() { err = &zkconn.Error{Op: "transact", Err: errors.New("no server")} })
	return err
}

func TestTaskRunsWhenTheAnswerToItsTakingIsLost(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.wrap = func(zc zkconn.Conn) zkconn.Conn { return forgetful{zc, &sync.Once{}} }
		w.start()
		w.assign("n", noop("n", 100))
		if s := w.ended("n"); s.Status != druid.TaskSuccess {
			t.Errorf("got %+v, want a success", s)
		}
	})
}
