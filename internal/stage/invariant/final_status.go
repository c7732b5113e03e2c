package invariant

import (
	"slices"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/stage/observe"
	"oakmoot/internal/zk/zkpath"
)

// FinalStatuses checks that a task ends in exactly one final status, and that once it has
// ended ZooKeeper, the metadata store and the overlord's API say the same of it. A task
// that the overlord itself has failed, because it was shut down or its worker is gone, may
// still be reported by its worker: that is no disagreement.
type FinalStatuses struct {
	finding
	scene *scene
	ends  map[string]*ending
	order []string // the tasks in ends, the oldest first
	open  []string // those of them that nobody has answered for yet
}

// ending is how a task has ended, as its worker says.
type ending struct {
	status, worker string
	zxid           int64
	since          time.Duration
}

// mostEndings is how many ended tasks are remembered.
const mostEndings = 4096

func newFinalStatuses(s *scene) *FinalStatuses {
	return &FinalStatuses{finding: finding{name: OneFinalStatus}, scene: s, ends: map[string]*ending{}}
}

func (f *FinalStatuses) turned(s *scene, t observe.Turn) {
	said, ok := t.Says.(druid.TaskAnnouncement)
	if t.Kind != zkpath.KindStatus || !t.Comes || !ok {
		return
	}
	status := said.Status.Status
	if held := f.ends[t.Name]; held != nil {
		switch {
		case held.status == status:
		case held.worker != t.Server:
			f.note("task %s, which ended %s on %s, is %s on %s too", t.Name, held.status, s.name(held.worker), status, s.name(t.Server))
		case !s.replayed(t.Cause):
			f.violation(s, t.Cause.Zxid, []string{s.name(t.Server)}, "task %s has ended %s and is %s now, on %s", t.Name, held.status, status, s.name(t.Server))
		}
		return
	}
	if !said.Status.Complete() {
		return
	}
	f.ends[t.Name] = &ending{status: status, worker: t.Server, zxid: t.Mzxid, since: s.clock}
	f.order, f.open = append(f.order, t.Name), append(f.open, t.Name)
	if len(f.order) > mostEndings {
		f.settle(f.order[0])
		delete(f.ends, f.order[0])
		f.order = f.order[1:]
	}
}

// Open are at most so many ended tasks for which the store and the API have to answer.
func (f *FinalStatuses) Open(most int) []string {
	if f.silent() {
		return nil
	}
	return slices.Clone(f.open[:min(most, len(f.open))])
}

// Said takes what the store and the API say of an ended task: "" when that is not known.
// A status in the store that the overlord has not taken from a worker is its own.
func (f *FinalStatuses) Said(task, store string, own bool, api string) {
	held := f.ends[task]
	if held == nil || f.silent() {
		return
	}
	late := f.scene.over(held.since, 2*f.scene.bounds.session())
	switch {
	case store == held.status && api == held.status:
		f.exercised++
		f.settle(task)
	case own && store == druid.TaskFailed:
		f.note("task %s ended %s on %s when the overlord had given it up as %s", task, held.status, f.scene.name(held.worker), store)
		f.settle(task)
	case late && store != "" && api != "":
		f.settle(task)
		f.violation(f.scene, held.zxid, []string{f.scene.name(held.worker)}, "task %s has ended %s on %s, but the metadata store says %s and the overlord %s",
			task, held.status, f.scene.name(held.worker), store, api)
	case late:
		f.settle(task) // nobody can say any more
	default: // the others first
		f.settle(task)
		f.open = append(f.open, task)
	}
}

func (f *FinalStatuses) settle(task string) {
	if i := slices.Index(f.open, task); i >= 0 {
		f.open = slices.Delete(f.open, i, i+1)
	}
}
