package middlemanager

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/fault/diskfault"
)

// arm begins a fault of what matches a pattern below the world's directory.
func (w *world) arm(e diskfault.Effect, pattern string) *diskfault.Armed {
	w.T.Helper()
	a, err := w.faults.Arm(e, diskfault.Rule{Paths: []string{filepath.ToSlash(w.dir) + "/" + pattern}})
	if err != nil {
		w.T.Fatal(err)
	}
	return a
}

// A task fails with the disk that it needs and leaves no files, and the worker goes on.
// What it has published before stays published.
func TestTaskFailsWithTheDisk(t *testing.T) {
	tests := map[string]struct {
		effect    diskfault.Effect
		where     string
		log       error // in the worker's log, or in the task's
		published int
	}{
		"no room for its directory": {diskfault.Full{}, "node/task/**", syscall.ENOSPC, 0},
		"no room for its log":       {diskfault.Full{Room: 100}, "node/task/*/log", syscall.ENOSPC, 0},
		"log cannot be stored":      {diskfault.Full{Room: 100}, "logs/*", syscall.ENOSPC, 1},
		"log directory unwritable":  {diskfault.Unwritable{}, "logs/**", syscall.EACCES, 1},
		"status cannot be written":  {diskfault.ReadOnly{}, "node/task/**/status.json", syscall.EROFS, 1},
		"no room for its rows":      {diskfault.Full{Room: 50}, "node/task/**/persist/**", syscall.ENOSPC, 0},
		"rows cannot be read again": {diskfault.Unreadable{}, "node/task/**/persist/**", syscall.EIO, 0},
		"rows corrupt":              {diskfault.Corrupt{Bytes: 4}, "node/task/**/0/version.bin", nil, 0},
		"rows gone":                 {diskfault.Vanish{}, "node/task/**/persist/**", nil, 0},
		"deep storage full":         {diskfault.Full{Room: 100}, "deep/**", syscall.ENOSPC, 0},
		"deep storage unwritable":   {diskfault.Unwritable{}, "deep/**", syscall.EACCES, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				published := w.publisher()
				w.start()
				a := w.arm(tt.effect, tt.where)
				w.assign("i", indexTask)
				if s := w.ended("i"); s.Status != druid.TaskFailed {
					t.Errorf("got %+v, want FAILED", s)
				}
				if a.Touched().Operations == 0 {
					t.Error("the fault touched nothing")
				}
				a.Undo()
				log, _ := os.ReadFile(filepath.Join(w.dir, "logs", "i.log"))
				if all := w.log.String() + string(log); tt.log != nil && !strings.Contains(all, tt.log.Error()) {
					t.Errorf("log: got %s, want %q", all, tt.log)
				}
				if got := len(published); got != tt.published {
					t.Errorf("got %d segments published, want %d", got, tt.published)
				}
				if _, err := os.Stat(filepath.Join(w.dir, "node", "task", "i")); !os.IsNotExist(err) {
					t.Errorf("the task's directory: got %v, want it gone", err)
				}
				w.assign("n", noop("n", 1))
				if s := w.ended("n"); s.Status != druid.TaskSuccess {
					t.Errorf("a task on the sound disk: got %+v, want a success", s)
				}
			})
		})
	}
}

// A report that cannot be written is missed, and nothing else.
func TestTaskWhoseReportCannotBeWritten(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.publisher()
		w.start()
		w.arm(diskfault.Full{Room: 10}, "node/task/**/report.json")
		w.assign("i", indexTask)
		if s := w.ended("i"); s.Status != druid.TaskSuccess {
			t.Errorf("got %+v, want a success", s)
		}
		if _, err := os.Stat(filepath.Join(w.dir, "logs", "i.report.json")); !os.IsNotExist(err) {
			t.Errorf("stored report: got %v, want none", err)
		}
		if log, err := os.ReadFile(filepath.Join(w.dir, "logs", "i.log")); err != nil || !strings.Contains(string(log), "task report not written") {
			t.Errorf("stored log: got %s %v, want the reason", log, err)
		}
	})
}

// A push that fails is tried five times, with longer and longer pauses.
func TestPushOutlivesADeepStorageThatIsFullForAWhile(t *testing.T) {
	for name, tt := range map[string]struct {
		full time.Duration
		want string
	}{"six seconds": {6 * time.Second, druid.TaskSuccess}, "a minute": {time.Minute, druid.TaskFailed}} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				w.publisher()
				w.start()
				a := w.arm(diskfault.Full{Room: 10}, "deep/**")
				time.AfterFunc(tt.full, a.Undo)
				w.assign("i", indexTask)
				if s := w.ended("i"); s.Status != tt.want {
					t.Errorf("got %+v, want %s", s, tt.want)
				}
				tries := map[string]int{druid.TaskSuccess: 3, druid.TaskFailed: 5}[tt.want]
				if got := a.Touched().Operations; got != tries {
					t.Errorf("failed writes: got %d, want %d", got, tries)
				}
			})
		})
	}
}

// A disk on which nothing can be kept costs the worker its memory over a restart, and no
// task.
func TestWorkerGoesOnWhenItsOwnFilesCannotBeWritten(t *testing.T) {
	for _, pattern := range []string{"node/task/.new-*", "node/task/*Tasks/**", "node/task/restore.json"} {
		t.Run(pattern, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				w.start()
				w.arm(diskfault.ReadOnly{}, pattern)
				w.assign("n", noop("n", 1))
				if s := w.ended("n"); s.Status != druid.TaskSuccess {
					t.Errorf("got %+v, want a success", s)
				}
			})
		})
	}
}

func TestSlowDiskMakesATaskLate(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		published := w.publisher()
		w.start()
		began := time.Now()
		w.arm(diskfault.Slow{By: time.Second}, "node/task/i/**")
		w.assign("i", indexTask)
		if s := w.ended("i"); s.Status != druid.TaskSuccess || len(published) != 1 {
			t.Errorf("got %+v and %d segments published, want a success and one", s, len(published))
		}
		if took := time.Since(began); took < 10*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}
