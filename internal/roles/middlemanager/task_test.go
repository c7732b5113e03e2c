package middlemanager

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
)

// states are all states, in the order in which a task passes through them.
var states = []state{unknown, assigned, waiting, running, ending, completed}

func TestTaskBecomesOnlyWhatMayFollow(t *testing.T) {
	for _, test := range []struct {
		from state
		may  []state
	}{
		{unknown, []state{assigned, completed}}, // completed: its result is on disk
		{assigned, []state{unknown, waiting}},   // unknown: the assignment was taken back
		{waiting, []state{running, ending}},     // ending: it was shut down before it had a slot
		{running, []state{ending}},
		{ending, []state{completed}},
		{completed, []state{unknown}},
	} {
		var may []state
		for _, next := range states {
			if becomes(&task{state: test.from}, next) {
				may = append(may, next)
			}
		}
		if diff := cmp.Diff(test.may, may); diff != "" {
			t.Errorf("after %s (-want +got):\n%s", test.from, diff)
		}
	}
}

// becomes reports whether the task may take the step.
func becomes(t *task, next state) (ok bool) {
	defer func() { ok = recover() == nil }()
	t.become(next)
	return t.state == next
}

func TestTasksKnowWhichAreActiveAndWhichHaveEnded(t *testing.T) {
	ts := newTasks()
	put := func(id string, path ...state) {
		one := newTask(druid.Task{ID: id})
		ts.enter(one, path[0])
		for _, next := range path[1:] {
			if next == completed {
				ts.complete(one, druid.TaskStatus{ID: id, Status: druid.TaskSuccess})
				continue
			}
			one.become(next)
		}
	}
	put("z", assigned)
	put("w", assigned, waiting)
	put("r", assigned, waiting, running)
	put("e", assigned, waiting, ending)
	put("c", assigned, waiting, running, ending, completed)
	put("b", completed)

	var active, begun []string
	for _, id := range []string{"b", "c", "e", "nobody", "r", "w", "z"} {
		if ts.active(id) != nil {
			active = append(active, id)
		}
		if ts.begun(id) {
			begun = append(begun, id)
		}
	}
	if diff := cmp.Diff([]string{"e", "r", "w"}, active); diff != "" || !slices.Equal(active, ts.activeIDs()) {
		t.Errorf("active: also %v (-want +got):\n%s", ts.activeIDs(), diff)
	}
	if diff := cmp.Diff([]string{"b", "c", "e", "r", "w"}, begun); diff != "" {
		t.Errorf("begun (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"b", "c"}, ts.completedIDs()); diff != "" {
		t.Errorf("completed (-want +got):\n%s", diff)
	}
	if len(ts.open) != 4 {
		t.Errorf("%d tasks have yet to end, want 4", len(ts.open))
	}
	var announced []string
	for _, a := range ts.announcements() {
		announced = append(announced, a.Status.ID)
	}
	if diff := cmp.Diff([]string{"z", "e", "r", "w", "b", "c"}, announced); diff != "" {
		t.Errorf("announced (-want +got):\n%s", diff)
	}

	ts.leave("c")
	if got := ts.in("c"); got != unknown {
		t.Errorf("a task that was forgotten is %s, want %s", got, unknown)
	}
}

// A task that is shut down before it has a slot takes none, and its end is reported once.
func TestShutdownOfATaskThatWaits(t *testing.T) {
	var ends []string
	r := &runner{cfg: Config{}, finished: func(id string, s druid.TaskStatus) { ends = append(ends, id+" "+s.Status) }}
	r.cfg.Log = hclog.NewNullLogger()
	a, b := newTask(druid.Task{ID: "a"}), newTask(druid.Task{ID: "b"})
	for _, one := range []*task{a, b} {
		one.become(assigned)
		r.accept(one)
	}
	r.shutdown(a)
	r.shutdown(a)
	if !slices.Equal(ends, []string{"a FAILED"}) || a.state != ending {
		t.Errorf("got the ends %q and the state %s, want one failure and %s", ends, a.state, ending)
	}
	if !slices.Equal(r.queue, []*task{b}) {
		t.Errorf("%d tasks wait for a slot, want the other one", len(r.queue))
	}
}
