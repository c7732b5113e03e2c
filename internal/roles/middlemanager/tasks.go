package middlemanager

import (
	"maps"
	"slices"

	"oakmoot/internal/druid"
)

// tasks are the tasks on this worker by their ids.
type tasks struct {
	all  map[string]*task
	open map[string]*task // of these, the ones that have yet to end
}

func newTasks() *tasks { return &tasks{all: map[string]*task{}, open: map[string]*task{}} }

// enter puts a task into its first state here, in the place of one of that id that has
// not begun.
func (ts *tasks) enter(t *task, first state) {
	t.become(first)
	id := t.announcement.Status.ID
	ts.all[id] = t
	delete(ts.open, id)
	if first != completed {
		ts.open[id] = t
	}
}

// complete keeps the result of a task that has ended.
func (ts *tasks) complete(t *task, result druid.TaskStatus) {
	t.complete(result)
	delete(ts.open, t.ID)
}

// leave forgets a task.
func (ts *tasks) leave(id string) {
	ts.all[id].become(unknown)
	delete(ts.all, id)
	delete(ts.open, id)
}

// in is the state of a task.
func (ts *tasks) in(id string) state {
	if t := ts.all[id]; t != nil {
		return t.state
	}
	return unknown
}

// begun reports whether a task is active here or has ended.
func (ts *tasks) begun(id string) bool {
	s := ts.in(id)
	return s != unknown && s != assigned
}

// active is a task that the runner has, nil when it has none of that id.
func (ts *tasks) active(id string) *task {
	if t := ts.open[id]; t != nil && t.active() {
		return t
	}
	return nil
}

// activeIDs are the ids of all that the runner has, in order.
func (ts *tasks) activeIDs() []string {
	ids := []string{}
	for id, t := range ts.open {
		if t.active() {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// completedIDs are the ids of all that have ended, in order.
func (ts *tasks) completedIDs() []string {
	ids := []string{}
	for id, t := range ts.all {
		if t.state == completed {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// announcements are those of all tasks: the assigned ones, the active ones and the
// completed ones, each group in the order of the ids.
func (ts *tasks) announcements() []druid.TaskAnnouncement {
	groups := make([][]druid.TaskAnnouncement, 3)
	for _, id := range slices.Sorted(maps.Keys(ts.all)) {
		t, group := ts.all[id], 1
		switch t.state {
		case assigned:
			group = 0
		case completed:
			group = 2
		}
		groups[group] = append(groups[group], t.announcement)
	}
	return slices.Concat(groups...)
}
