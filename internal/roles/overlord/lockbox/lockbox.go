package lockbox

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"oakmoot/internal/druid"
)

// lockbox is who may work on which interval of which datasource: TaskLockbox of
// Druid. It is pure; what it grants is stored by its caller.
type lockbox struct {
	posses []*posse
}

// posse is a lock and the tasks of its group that hold it.
type posse struct {
	lock  druid.TaskLock
	tasks map[string]bool
}

// request is what a task asks for.
type request struct {
	taskID, groupID, dataSource string
	kind                        string // druid.LockExclusive or LockShared
	interval                    druid.Interval
	priority                    int
	version                     string // of a lock that is created
}

// grant is what came of a request: LockResult of Druid.
type grant struct {
	lock      *druid.TaskLock  // nil when it was refused
	fresh     bool             // the task did not hold it before
	preempted bool             // refused because the group's own lock was revoked: waiting is pointless
	revoked   []*posse         // those that had to give way
	before    []druid.TaskLock // and their locks as they were
}

// restore fills the lockbox from the store, in the order of versions. Locks of tasks
// that are not active, and those on empty intervals, are left out; a task joins the
// lock that its group has already.
func (b *lockbox) restore(stored map[string][]druid.TaskLock, active func(id string) bool) {
	type held struct {
		id   string
		lock druid.TaskLock
	}
	var all []held
	for id, locks := range stored {
		for _, l := range locks {
			if active(id) && l.Interval.Start < l.Interval.End {
				all = append(all, held{id, l})
			}
		}
	}
	slices.SortFunc(all, func(a, c held) int {
		return cmp.Or(cmp.Compare(a.lock.Version, c.lock.Version), cmp.Compare(a.id, c.id))
	})
	for _, h := range all {
		i := slices.IndexFunc(b.posses, func(p *posse) bool {
			l := p.lock
			return l.GroupID == h.lock.GroupID && l.DataSource == h.lock.DataSource && l.Interval.Contains(h.lock.Interval)
		})
		if i < 0 {
			b.posses = append(b.posses, &posse{lock: h.lock, tasks: map[string]bool{}})
			i = len(b.posses) - 1
		}
		b.posses[i].tasks[h.id] = true
	}
}

// admits reports whether a lock from the store fits beside those of other groups.
func (b *lockbox) admits(l druid.TaskLock) bool {
	return !slices.ContainsFunc(b.posses, func(p *posse) bool {
		bothShared := l.Type == druid.LockShared && p.lock.Type == druid.LockShared
		return l.DataSource == p.lock.DataSource && l.Interval.Overlaps(p.lock.Interval) && l.GroupID != p.lock.GroupID &&
			!l.Revoked && !p.lock.Revoked && !bothShared
	})
}

// try grants a lock, shares the group's own, or refuses. Locks of other groups
// give way only if each of them is revoked already or of a lower priority.
func (b *lockbox) try(r request) (grant, error) {
	if r.interval.End <= r.interval.Start {
		return grant{}, errors.New("interval empty")
	}
	var overlapping, own []*posse
	for _, p := range b.posses {
		if p.lock.DataSource != r.dataSource || !p.lock.Interval.Overlaps(r.interval) {
			continue
		}
		overlapping = append(overlapping, p)
		if p.lock.GroupID == r.groupID && p.lock.Interval.Contains(r.interval) {
			own = append(own, p)
		}
	}
	switch {
	case len(own) > 1:
		return grant{}, fmt.Errorf("Task group[%s] has multiple locks for the same interval[%s]?", r.groupID, r.interval)
	case len(own) == 1:
		return own[0].share(r)
	case len(overlapping) == 0 || r.kind == druid.LockShared && all(overlapping, isShared):
		return b.create(r, nil), nil
	case all(overlapping, func(p *posse) bool { return p.lock.Revoked || p.lock.Priority < r.priority }):
		return b.create(r, overlapping), nil
	}
	return grant{}, nil
}

func all(posses []*posse, holds func(*posse) bool) bool {
	return !slices.ContainsFunc(posses, func(p *posse) bool { return !holds(p) })
}

func isShared(p *posse) bool { return p.lock.Type == druid.LockShared }

// share lets a task of the group into the lock that the group has.
func (p *posse) share(r request) (grant, error) {
	if p.lock.Type != r.kind {
		return grant{}, fmt.Errorf("Task[%s] already acquired a lock for interval[%s] but different type[%s]", r.taskID, r.interval, p.lock.Type)
	}
	if p.lock.Revoked {
		return grant{preempted: true}, nil
	}
	lock, fresh := p.lock, !p.tasks[r.taskID]
	p.tasks[r.taskID] = true
	return grant{lock: &lock, fresh: fresh}, nil
}

func (b *lockbox) create(r request, giveWay []*posse) grant {
	g := grant{fresh: true}
	for _, p := range giveWay {
		if p.lock.Revoked {
			continue
		}
		g.before = append(g.before, p.lock)
		p.lock.Revoked = true
		g.revoked = append(g.revoked, p)
	}
	p := &posse{tasks: map[string]bool{r.taskID: true}, lock: druid.TaskLock{
		Type: r.kind, GroupID: r.groupID, DataSource: r.dataSource, Interval: r.interval, Version: r.version, Priority: r.priority,
	}}
	b.posses = append(b.posses, p)
	lock := p.lock
	g.lock = &lock
	return g
}

// held are the locks of a task, by interval.
func (b *lockbox) held(taskID string) []druid.TaskLock {
	var locks []druid.TaskLock
	for _, p := range b.posses {
		if p.tasks[taskID] {
			locks = append(locks, p.lock)
		}
	}
	slices.SortStableFunc(locks, func(a, c druid.TaskLock) int {
		return cmp.Or(cmp.Compare(a.Interval.Start, c.Interval.Start), cmp.Compare(a.Interval.End, c.Interval.End))
	})
	return locks
}

// release gives back what a task holds on exactly an interval.
func (b *lockbox) release(taskID string, interval druid.Interval) []druid.TaskLock {
	var given []druid.TaskLock
	b.posses = slices.DeleteFunc(b.posses, func(p *posse) bool {
		if !p.tasks[taskID] || p.lock.Interval != interval {
			return false
		}
		given = append(given, p.lock)
		delete(p.tasks, taskID)
		return len(p.tasks) == 0
	})
	return given
}

// covers reports whether a lock of the task, revoked or not, covers a segment:
// TaskActionPreconditions. Only the last one that begins no later than the segment
// counts, as there.
func (b *lockbox) covers(taskID string, s druid.DataSegment) bool {
	var last *druid.TaskLock
	for _, l := range b.held(taskID) {
		if l.Interval.Start <= s.Interval.Start {
			last = &l
		}
	}
	return last != nil && last.DataSource == s.DataSource && last.Interval.Contains(s.Interval) && last.Version >= s.Version
}

// valid reports whether a task may enter a critical section over the intervals: each
// lies in one exclusive lock of its own that nobody has revoked.
func (b *lockbox) valid(taskID string, intervals []druid.Interval) (bool, error) {
	for _, i := range intervals {
		own := slices.DeleteFunc(b.held(taskID), func(l druid.TaskLock) bool { return !l.Interval.Contains(i) })
		switch {
		case len(own) == 0:
			return false, fmt.Errorf("Cannot find locks for task[%s] and interval[%s]", taskID, i)
		case len(own) > 1:
			return false, fmt.Errorf("There are multiple lockPosses for task[%s] and interval[%s]?", taskID, i)
		case own[0].Revoked || own[0].Type == druid.LockShared:
			return false, nil
		}
	}
	return true, nil
}
