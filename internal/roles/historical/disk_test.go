package historical

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/disk"
	"oakmoot/internal/run/fault/diskfault"
)

// below is a rule for everything in a directory of the world.
func (w *world) below(names ...string) diskfault.Rule {
	return diskfault.Rule{Paths: []string{filepath.ToSlash(filepath.Join(append([]string{w.dir}, names...)...)) + "/**"}}
}

func (w *world) arm(e diskfault.Effect, r diskfault.Rule) *diskfault.Armed {
	w.T.Helper()
	a, err := w.faults.Arm(e, r)
	w.Must(err)
	return a
}

// named is a rule with a pattern for the last names of a path.
func named(pattern string) func(*world) diskfault.Rule {
	return func(*world) diskfault.Rule { return diskfault.Rule{Paths: []string{"/**/" + pattern}} }
}

// A load fails with whatever disk fails: the request goes, nothing is announced, no file
// of it stays, and once the disk is sound the same request succeeds.
func TestLoadFailsWithTheDisk(t *testing.T) {
	cache := func(w *world) diskfault.Rule { return w.below("node", "segment-cache") }
	deep := func(w *world) diskfault.Rule { return w.below("deep") }
	tests := map[string]struct {
		effect diskfault.Effect
		where  func(*world) diskfault.Rule
		log    string
	}{
		"full cache":                 {diskfault.Full{}, cache, syscall.ENOSPC.Error()},
		"cache filled by the load":   {diskfault.Full{Room: 100}, cache, syscall.ENOSPC.Error()},
		"no room for the info file":  {diskfault.Full{Room: 10}, named("info_dir/*"), syscall.ENOSPC.Error()},
		"unwritable cache":           {diskfault.Unwritable{}, named("segment-cache/wiki/**"), syscall.EACCES.Error()},
		"unwritable info directory":  {diskfault.Unwritable{}, named("info_dir/*"), syscall.EACCES.Error()},
		"file corrupt when mapped":   {diskfault.Corrupt{Bytes: 4}, named("segment-cache/**/version.bin"), "only version 9 can be read"},
		"file gone when mapped":      {diskfault.Vanish{}, named("segment-cache/**/meta.smoosh"), "no such file"},
		"unreadable deep storage":    {diskfault.Unreadable{}, deep, syscall.EIO.Error()},
		"zip gone from deep storage": {diskfault.Vanish{}, deep, "does not exist"},
		"zip corrupt":                {diskfault.Corrupt{Bytes: 100}, deep, "zip: "},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				w.start()
				s := w.push(1)
				kept := filepath.Join(w.dir, "kept.zip")
				w.copyFile(deepZip(s), kept)
				a := w.arm(tt.effect, tt.where(w))
				path := w.request(druid.ActionLoad, s)
				w.handled(path)
				synctest.Wait() // the files go after the request has been acknowledged
				if got := w.log.String(); !strings.Contains(got, path) || !strings.Contains(got, tt.log) {
					t.Errorf("log: got %s, want path %s and %q", got, path, tt.log)
				}
				if got := w.announced(); len(got) != 0 {
					t.Errorf("announced: got %q, want nothing", got)
				}
				if a.Touched().Operations == 0 {
					t.Error("the fault touched nothing")
				}
				a.Undo()
				if got := w.files(); len(got) != 0 {
					t.Errorf("files of the failed load: got %q, want none", got)
				}
				w.copyFile(kept, deepZip(s))
				w.do(druid.ActionLoad, s)
				if diff := cmp.Diff(idsOf(s), w.announced()); diff != "" {
					t.Errorf("announced once the disk is sound (-want +got):\n%s", diff)
				}
				if got := w.rows(s); got != 2 {
					t.Errorf("rows: got %d, want 2", got)
				}
			})
		})
	}
}

// A segment of the cache that is damaged, or gone, when the historical starts is dropped
// and not announced; the others are served.
func TestStartLeavesOutWhatTheDiskSpoils(t *testing.T) {
	for name, effect := range map[string]diskfault.Effect{"corrupt": diskfault.Corrupt{Bytes: 4}, "gone": diskfault.Vanish{}, "unreadable": diskfault.Unreadable{}} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				stop := w.start()
				bad, good := w.push(1), w.push(2)
				w.do(druid.ActionLoad, bad)
				w.do(druid.ActionLoad, good)
				stop()
				a := w.arm(effect, named("2019-01-01*/**/version.bin")(w))
				w.start()
				if diff := cmp.Diff(idsOf(good), w.announced()); diff != "" {
					t.Errorf("announced (-want +got):\n%s", diff)
				}
				a.Undo()
				w.do(druid.ActionLoad, bad)
				if diff := cmp.Diff(idsOf(bad, good), w.announced()); diff != "" {
					t.Errorf("announced after another load (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// What is served does not depend on the files any more, as it does not in Druid, where
// they are mapped.
func TestServedSegmentOutlivesItsFiles(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.start()
		s := w.push(1)
		w.do(druid.ActionLoad, s)
		w.arm(diskfault.Unreadable{}, diskfault.Rule{})
		if got := w.rows(s); got != 2 {
			t.Errorf("rows: got %d, want 2", got)
		}
	})
}

func TestSlowDiskMakesALoadLateAndNothingElse(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.start()
		s := w.push(1)
		began := time.Now()
		w.arm(diskfault.Slow{By: time.Second, Ops: []disk.Op{disk.OpWrite}}, w.below("node"))
		w.do(druid.ActionLoad, s)
		if took := time.Since(began); took < 5*time.Second {
			t.Errorf("a load of five files took %v with a second for each write", took)
		}
		if diff := cmp.Diff(idsOf(s), w.announced()); diff != "" {
			t.Errorf("announced (-want +got):\n%s", diff)
		}
	})
}

// Nor is the load finished in haste while the historical takes leave, which a slow
// ZooKeeper makes long.
func TestStopDoesNotWaitForASlowDisk(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		stop := w.start()
		w.link.Delay(nil, 30*time.Millisecond, 0)
		w.arm(diskfault.Slow{By: time.Hour}, w.below("node"))
		path := w.request(druid.ActionLoad, w.push(1))
		time.Sleep(time.Minute)
		began := time.Now()
		stop()
		if took := time.Since(began); took > time.Minute {
			t.Errorf("the stop took %v", took)
		}
		if !w.Exists(path) {
			t.Error("the entry is gone, want it kept for the next incarnation")
		}
	})
}

// A location that fails is left for the next, and the segment's room in it is given back.
func TestLoadGoesOnInTheNextLocation(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		first, second := filepath.Join(w.dir, "node", "first"), filepath.Join(w.dir, "node", "second")
		w.props["druid.segmentCache.locations"] = fmt.Sprintf(`[{"path":%q,"maxSize":2000000},{"path":%q,"maxSize":1000000}]`, first, second)
		w.props["druid.segmentCache.infoDir"] = filepath.Join(w.dir, "node", "info")
		w.start()
		a := w.arm(diskfault.Full{Room: 100}, w.below("node", "first"))
		s := w.push(1)
		path := w.request(druid.ActionLoad, s)
		w.handled(path)
		if diff := cmp.Diff(idsOf(s), w.announced()); diff != "" {
			t.Errorf("announced (-want +got):\n%s", diff)
		}
		if got := w.rows(s); got != 2 {
			t.Errorf("rows: got %d, want 2", got)
		}
		if left, err := os.ReadDir(filepath.Join(first, "wiki")); err == nil {
			t.Errorf("files in the first location: got %v, want none", left)
		}
		if got := w.log.String(); !strings.Contains(got, "try next location if any") {
			t.Errorf("log: got %s, want it to name the location that failed", got)
		}

		w.arm(diskfault.Full{Room: 100}, w.below("node", "second"))
		other := w.push(2)
		w.do(druid.ActionLoad, other)
		if diff := cmp.Diff(idsOf(s), w.announced()); diff != "" {
			t.Errorf("announced while both are full (-want +got):\n%s", diff)
		}
		a.Undo()
		w.do(druid.ActionLoad, other)
		if diff := cmp.Diff(idsOf(s, other), w.announced()); diff != "" {
			t.Errorf("announced once one has room (-want +got):\n%s", diff)
		}
	})
}

// Files that cannot be deleted are named, and the drop is done all the same.
func TestDropOfFilesThatCannotBeDeleted(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.start()
		s := w.push(1)
		w.do(druid.ActionLoad, s)
		w.arm(diskfault.ReadOnly{}, w.below("node"))
		w.do(druid.ActionDrop, s)
		time.Sleep(31 * time.Second)
		synctest.Wait()
		if got := w.announced(); len(got) != 0 {
			t.Errorf("announced: got %q, want nothing", got)
		}
		if got := w.rows(s); got != 0 {
			t.Errorf("rows after the drop delay: got %d, want 0", got)
		}
		if got := w.log.String(); !strings.Contains(got, "files of a dropped segment not deleted") || !strings.Contains(got, syscall.EROFS.Error()) {
			t.Errorf("log: got %s, want the error", got)
		}
	})
}
