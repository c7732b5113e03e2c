package invariant

import (
	"maps"
	"slices"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/stage/observe"
	"oakmoot/internal/zk/zkpath"
)

// oneWorker checks that a task runs on one worker at a time: nobody is given it while a
// worker that has been announced ever since still has it. A worker that was out of
// ZooKeeper's sight in between may run on with a task that was given to another, as in
// Druid; that is counted.
type oneWorker struct {
	finding
	workers map[string]time.Duration     // since when each is announced
	claims  map[string]map[string]*claim // task → worker
}

// claim is a task on a worker: assigned, running there, or both.
type claim struct {
	since             time.Duration
	assigned, running bool
}

func newOneWorker() *oneWorker {
	return &oneWorker{finding: finding{name: OneWorker}, workers: map[string]time.Duration{}, claims: map[string]map[string]*claim{}}
}

func (o *oneWorker) turned(s *scene, t observe.Turn) {
	switch t.Kind {
	case zkpath.KindWorker:
		if t.Changes() {
			return
		}
		if o.workers[t.Server] = s.clock; !t.Comes {
			delete(o.workers, t.Server)
		}
	case zkpath.KindTask:
		o.change(s, t, func(c *claim) { c.assigned = t.Comes })
	case zkpath.KindStatus:
		status, _ := t.Says.(druid.TaskAnnouncement)
		o.change(s, t, func(c *claim) { c.running = t.Comes && status.Status.Status == druid.TaskRunning })
	}
}

// change changes what a worker has to do with a task.
func (o *oneWorker) change(s *scene, t observe.Turn, f func(*claim)) {
	c := o.claims[t.Name][t.Server]
	begins := c == nil
	if begins {
		c = &claim{since: s.clock}
	}
	if f(c); c.assigned || c.running {
		if begins {
			o.begin(s, t, c)
		}
		return
	}
	if t.Changes() && !t.Comes {
		return // it comes again
	}
	if delete(o.claims[t.Name], t.Server); len(o.claims[t.Name]) == 0 {
		delete(o.claims, t.Name)
	}
}

// begin takes a new claim and looks at those that others have.
func (o *oneWorker) begin(s *scene, t observe.Turn, c *claim) {
	if t.Cause.Op != "" {
		o.exercised++
	}
	if o.claims[t.Name] == nil {
		o.claims[t.Name] = map[string]*claim{}
	}
	for _, worker := range slices.Sorted(maps.Keys(o.claims[t.Name])) {
		announced, is := o.workers[worker]
		switch {
		case !is:
		case announced > o.claims[t.Name][worker].since:
			o.note("%s still has task %s, which was given to %s while it was out of sight", s.name(worker), t.Name, s.name(t.Server))
		case !s.replayed(t.Cause):
			o.violation(s, t.Cause.Zxid, []string{s.name(worker), s.name(t.Server)}, "task %s is on %s while %s still has it", t.Name, s.name(t.Server), s.name(worker))
		}
	}
	o.claims[t.Name][t.Server] = c
}
