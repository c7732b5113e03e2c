package overlord

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/druid"
	"oakmoot/internal/worldtest"
)

// insert puts a task into the store, as an overlord does that is no longer leading.
func (w *world) insert(task string) {
	w.T.Helper()
	now := druid.At(time.Now())
	parsed, err := druid.ParseTask([]byte(task), now)
	if err != nil {
		w.T.Fatal(err)
	}
	status := druid.TaskStatus{ID: parsed.ID, Status: druid.TaskRunning, Duration: -1}
	if err := w.store.InsertTask(w.T.Context(), parsed, status, now); err != nil {
		w.T.Fatal(err)
	}
}

func TestTaskThatAnotherOverlordPutIntoTheStoreIsRun(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		m := w.middlemanager(8091)
		in := w.leader(8090, with("druid.indexer.queue.storageSyncRate", "PT5S"))
		w.insert(worldtest.Noop("a"))
		inserted := time.Now()
		w.Until("it is taken", func() bool { return m.has("a") })
		if waited := time.Since(inserted); waited > 6*time.Second {
			t.Errorf("got it assigned after %v, want the rate, 5s", waited)
		}
		w.becomes(in, "a", isRunning)
		m.ends("a", druid.TaskSuccess)
		w.becomes(in, "a", succeeded)
	})
}

func TestTaskThatAnotherOverlordEndedInTheStoreIsEnded(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		m := w.middlemanager(8091)
		in := w.leader(8090)
		w.taken(in, m, "a")
		ended := druid.TaskStatus{ID: "a", Status: druid.TaskFailed, Duration: -1}
		if err := w.store.SetTaskStatus(t.Context(), ended); err != nil {
			t.Fatal(err)
		}
		w.Until("the worker is told to end it and its status deleted", func() bool {
			return slices.Contains(m.requests(), "POST /druid/worker/v1/task/a/shutdown") && !w.Exists(w.Paths.Status(m.info.Host, "a"))
		})
		if got := w.state(in, "a"); got != hasFailed {
			t.Errorf("got %s, want it failed", got)
		}
	})
}

// A status of a task that is active in the store is not a stray, even if the queue has not
// heard of the task yet.
func TestStatusOfATaskThatIsOnlyInTheStoreIsFollowed(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		m := w.middlemanager(8091)
		in := w.leader(8090, with("druid.indexer.queue.storageSyncRate", "PT1H"))
		w.insert(worldtest.Noop("a"))
		m.runs("a", 8100)
		w.becomes(in, "a", isRunning)
		w.insert(worldtest.Noop("b"))
		m.ends("b", druid.TaskSuccess)
		w.becomes(in, "b", succeeded)
		if got := m.requests(); len(got) != 0 {
			t.Errorf("got the worker asked %v", got)
		}
	})
}

func TestLocksOfATaskFoundInTheStoreAreRestored(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.middlemanager(8091)
		in := w.leader(8090, with("druid.indexer.queue.storageSyncRate", "PT5S"))
		kill := func(id, day string) string {
			return `{"type":"kill","id":"` + id + `","dataSource":"wiki","interval":"` + day + `"}`
		}
		day := func(text string) druid.Interval {
			i, err := druid.ParseInterval(text)
			if err != nil {
				t.Fatal(err)
			}
			return i
		}
		lock := func(id, text string) {
			l := druid.TaskLock{Type: druid.LockExclusive, GroupID: id, DataSource: "wiki", Interval: day(text), Version: "2019-01-01T00:00:00.000Z"}
			if err := w.store.AddLock(t.Context(), id, l); err != nil {
				t.Fatal(err)
			}
		}
		const one, two = "2019-01-01/2019-01-02", "2019-01-02/2019-01-03"
		w.submit(in, kill("here", two))
		w.becomes(in, "here", isRunning)
		w.insert(kill("free", one))
		lock("free", one)
		w.insert(kill("late", two))
		lock("late", two)
		w.becomes(in, "free", isRunning)
		time.Sleep(time.Minute)
		if got := w.state(in, "late"); got != isWaiting {
			t.Errorf("the task whose lock is given away: got %s, want it waiting", got)
		}
		locks, err := w.store.Locks(t.Context())
		if err != nil || len(locks["free"]) != 1 || len(locks["late"]) != 0 || len(locks["here"]) != 1 {
			t.Errorf("got locks %v %v, want one of free and here each", locks, err)
		}
	})
}

// The worker is away when the leader changes: its status still says that it has the
// task.
func TestTaskOfAnAbsentWorkerIsGivenToNobodyElse(t *testing.T) {
	for _, ends := range []string{"after its return", "while it is away", "never"} {
		t.Run(ends, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				away := w.middlemanager(8091)
				first := w.leader(8090)
				w.taken(first, away, "a")
				other := w.middlemanager(8092)
				away.end()
				first.stop()
				back := away
				if ends == "while it is away" {
					back = w.middlemanager(8091)
					back.ends("a", druid.TaskSuccess)
					back.end()
				}
				w.Until("the worker is gone", func() bool { return !w.Exists(w.Paths.Worker(away.info.Host)) })
				second := w.leader(8190)
				switch ends {
				case "after its return":
					w.becomes(second, "a", isRunning)
					time.Sleep(10 * time.Minute)
					back = w.middlemanager(8091)
					back.ends("a", druid.TaskSuccess)
					w.becomes(second, "a", succeeded)
				case "while it is away":
					w.becomes(second, "a", succeeded)
				case "never":
					w.becomes(second, "a", hasFailed)
				}
				if other.has("a") {
					t.Error("the task was given to another worker too")
				}
				w.Until("its status is gone", func() bool { return !w.Exists(w.Paths.Status(away.info.Host, "a")) })
			})
		})
	}
}

func TestTaskWithAStatusThatIsNotUnderstoodStaysWhereItIs(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		m := w.middlemanager(8091)
		first := w.leader(8090)
		w.taken(first, m, "a")
		m.write("a", []byte("no json"))
		other := w.middlemanager(8092)
		first.stop()
		second := w.leader(8190)
		time.Sleep(10 * time.Minute)
		if got := w.state(second, "a"); got != isRunning || other.has("a") {
			t.Errorf("got %s, given to the other worker: %v; want it running where it is", got, other.has("a"))
		}
		m.ends("a", druid.TaskSuccess)
		w.becomes(second, "a", succeeded)
	})
}

// An assignment whose leader lives on, in the same session, stands until the worker
// answers it.
func TestAssignmentOfAnEarlierLeaderStands(t *testing.T) {
	for _, taken := range []bool{true, false} {
		t.Run(map[bool]string{true: "and is taken", false: "until its session ends"}[taken], func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				m := w.middlemanager(8091)
				m.set(func() { m.deaf = true })
				earlier := w.Open(w.Net.DialContext)
				defer earlier.Close()
				w.insert(worldtest.Noop("a"))
				w.Assign(earlier, m.info.Host, "a", worldtest.Noop("a"))
				other := w.middlemanager(8092)
				in := w.leader(8090)
				time.Sleep(time.Minute)
				if other.has("a") {
					t.Fatal("the task was given to another worker while its assignment stood")
				}
				if !taken {
					m.version("") // so that it is not chosen again
					w.Until("that is seen", func() bool {
						_, body := w.Get(in.addr + api + "/workers")
						return strings.Contains(body, `"version":""`)
					})
					earlier.Close()
					w.Until("the other has it", func() bool { return other.has("a") })
					m = other
				} else {
					m.set(func() { m.deaf = false })
					w.Until("it is taken", func() bool { return m.has("a") })
				}
				w.becomes(in, "a", isRunning)
				m.ends("a", druid.TaskSuccess)
				w.becomes(in, "a", succeeded)
			})
		})
	}
}

func TestShutdownTakesAnAssignmentBack(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		m := w.middlemanager(8091)
		m.set(func() { m.deaf = true })
		in := w.leader(8090)
		w.submit(in, worldtest.Noop("a"))
		w.Until("it is assigned", func() bool { return w.Exists(w.Paths.Task(m.info.Host, "a")) })
		if code, body := w.Call(http.MethodPost, in.addr+api+"/task/a/shutdown", ""); code != http.StatusOK {
			t.Fatalf("got %d %s", code, body)
		}
		w.Until("the assignment is gone", func() bool { return !w.Exists(w.Paths.Task(m.info.Host, "a")) })
		m.set(func() { m.deaf = false })
		w.taken(in, m, "b")
		if diff := cmp.Diff([]string{"b"}, m.tasks()); diff != "" {
			t.Errorf("taken (-want +got):\n%s", diff)
		}
	})
}

func TestSecondWorkerOfATaskIsTold(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		one, two := w.middlemanager(8091), w.middlemanager(8092, func(m *middlemanager) { m.info.Capacity = 1 })
		in := w.leader(8090)
		w.taken(in, one, "a")
		two.runs("a", 8100)
		w.Until("the other is told to end it", func() bool { return len(two.requests()) == 1 })
		one.ends("a", druid.TaskSuccess)
		w.becomes(in, "a", succeeded)
		w.Until("no status is left", func() bool { return !w.Exists(w.Paths.Status(two.info.Host, "a")) })
	})
}

// A worker comes back without the status of a task that it had.
func TestTaskFailsWhenItsWorkerReturnsWithoutItsStatus(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		m := w.middlemanager(8091)
		in := w.leader(8090)
		w.taken(in, m, "a")
		m.end()
		w.Until("it is gone", func() bool { _, body := w.Get(in.addr + api + "/workers"); return body == "[]" })
		if err := w.Conn.Delete(t.Context(), w.Paths.Status(m.info.Host, "a"), -1); err != nil {
			t.Fatal(err)
		}
		w.middlemanager(8091)
		w.becomes(in, "a", hasFailed)
	})
}
