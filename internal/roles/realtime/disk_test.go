package realtime

import (
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"oakmoot/internal/run/fault/diskfault"
)

// arm begins a fault of what matches a pattern below the world's directory.
func (w *world) arm(e diskfault.Effect, pattern string) *diskfault.Armed {
	w.T.Helper()
	a, err := w.faults.Arm(e, diskfault.Rule{Paths: []string{filepath.ToSlash(w.dir) + "/" + pattern}})
	w.Must(err)
	return a
}

// logged reports how often an error is in the node's log.
func (w *world) logged(err error) int { return strings.Count(w.log.String(), err.Error()) }

// Rows that cannot be persisted stay in memory and are served; once the disk is sound
// they are written, wherever the last try had come to, and each row is there once after a
// restart.
func TestRowsOutliveADiskThatCannotBeWritten(t *testing.T) {
	for name, tt := range map[string]struct {
		effect  diskfault.Effect
		pattern string
		log     error
	}{
		"full":                       {diskfault.Full{}, "node/persist/**", syscall.ENOSPC},
		"full in a hydrant":          {diskfault.Full{Room: 100}, "node/persist/**", syscall.ENOSPC},
		"full before the commit":     {diskfault.Full{Room: 10}, "node/persist/0/edits/.commit.json*", syscall.ENOSPC},
		"unwritable":                 {diskfault.Unwritable{}, "node/persist/**", syscall.EACCES},
		"commit cannot be put there": {diskfault.ReadOnly{}, "node/persist/0/edits/.commit.json*", syscall.EROFS},
		"hydrant cannot be renamed":  {diskfault.ReadOnly{}, "node/persist/0/edits/*/*.tmp", syscall.EROFS},
		"directory cannot be opened": {diskfault.Unreadable{}, "node/persist/0/edits/1999*", syscall.EIO},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				s := spec(fmt.Sprintf(`{"type":"replay","file":%q,"rate":1}`, w.recordsFile(50)), `,"rejectionPolicy":{"type":"none"}`)
				a := w.arm(tt.effect, tt.pattern)
				stop := w.start(s)
				time.Sleep(25 * time.Second)
				rows := w.rows()
				if rows < 20 {
					t.Errorf("rows served from memory: got %d, want those of 25 s", rows)
				}
				if w.logged(tt.log) == 0 {
					t.Errorf("log: got %s, want %v", w.log, tt.log)
				}
				a.Undo()
				time.Sleep(15 * time.Second)
				failures := func() int { return strings.Count(w.log.String(), "rows not persisted") }
				before := failures()
				time.Sleep(15 * time.Second)
				if got := failures(); got != before {
					t.Errorf("%d persists failed although the disk was sound again:\n%s", got-before, w.log)
				}
				stop()
				w.start(s)
				w.Until("all rows are there, each once", func() bool { return w.rows() == 50 })
				time.Sleep(time.Minute)
				if got := w.rows(); got != 50 {
					t.Errorf("rows: got %d, want 50", got)
				}
			})
		})
	}
}

// A segment that cannot be merged or pushed stays served, is not published, and is tried
// again.
func TestSegmentOutlivesADiskThatIsUnfitForTheHandoff(t *testing.T) {
	for name, tt := range map[string]struct {
		effect  diskfault.Effect
		pattern string
	}{
		"deep storage full":       {diskfault.Full{Room: 100}, "deep/**"},
		"deep storage unwritable": {diskfault.Unwritable{}, "deep/**"},
		"hydrant unreadable":      {diskfault.Unreadable{}, "node/persist/*/edits/*/0/**"},
		"no room to merge":        {diskfault.Full{Room: 100}, "node/persist/**/merged/**"},
		"no marker":               {diskfault.Unwritable{}, "node/persist/**/isPushedMarker"},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				a := w.arm(tt.effect, tt.pattern)
				w.start(spec(receiverJSON, ""))
				w.push(time.Now())
				w.Until("the push has failed twice", func() bool { return strings.Count(w.log.String(), "segment not pushed") == 2 })
				if got := w.rows(); got != 1 || len(w.announced()) != 1 {
					t.Errorf("got %d rows in %d announced segments, want one in one", got, len(w.announced()))
				}
				a.Undo()
				w.takenOver.Store(true)
				w.Until("the segment is handed off", func() bool { return len(w.announced()) == 0 })
				if got := len(w.published()); got != 1 {
					t.Errorf("published: got %d segments, want 1", got)
				}
			})
		})
	}
}

// Files of a segment that has been handed off and that cannot be deleted are named; the
// segment is not served any more.
func TestHandoffWhoseFilesCannotBeDeleted(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.start(spec(receiverJSON, ""))
		w.push(time.Now())
		w.Until("the segment is published", func() bool { return len(w.published()) == 1 })
		w.arm(diskfault.ReadOnly{}, "node/persist/**")
		w.takenOver.Store(true)
		w.Until("it is handed off", func() bool { return strings.Contains(w.log.String(), "segment handed off") })
		if w.logged(syscall.EROFS) == 0 {
			t.Errorf("log: got %s, want the error", w.log)
		}
		if got := w.rows(); got != 0 || len(w.announced()) != 0 {
			t.Errorf("got %d rows in %d announced segments, want none", got, len(w.announced()))
		}
	})
}

func TestSlowDiskHoldsUpNoRows(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.arm(diskfault.Slow{By: 10 * time.Second}, "node/persist/**")
		w.start(spec(receiverJSON, ""))
		for range 10 {
			w.push(time.Now())
			time.Sleep(4 * time.Second)
		}
		if got := w.rows(); got != 10 {
			t.Errorf("rows: got %d, want 10", got)
		}
	})
}
