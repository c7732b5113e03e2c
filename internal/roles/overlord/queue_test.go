package overlord

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/metadata"
)

func TestQueueKeepsTheOrderAndItsLimit(t *testing.T) {
	p := newParts(t)
	p.add("c", "a", "b")
	var order []string
	for _, plus := range p.queue.listing(waiting, "", "") {
		order = append(order, plus.ID)
	}
	if !slices.Equal(order, []string{"c", "a", "b"}) {
		t.Errorf("got %q, want the order of arrival", order)
	}
	err := p.queue.add(t.Context(), druid.Task{ID: "d", JSON: []byte("{}")})
	if err == nil || err.Error() != "Too many tasks (max = 3)" {
		t.Errorf("got %v for one too many", err)
	}
}

func TestQueueTakesNoTaskTwice(t *testing.T) {
	p := newParts(t)
	p.add("a")
	err := p.queue.add(t.Context(), druid.Task{ID: "a", JSON: []byte("{}")})
	if !errors.Is(err, metadata.ErrTaskExists) {
		t.Errorf("got %v, want %v", err, metadata.ErrTaskExists)
	}
}

func TestTaskThatHasEndedIsGoneFromTheQueueAndEndedInTheStore(t *testing.T) {
	p := newParts(t)
	p.add("a")
	it := p.queue.get("a")
	if !p.queue.finish(t.Context(), it, druid.TaskStatus{ID: "a", Status: druid.TaskSuccess}) {
		t.Error("it has not left the queue")
	}
	if p.queue.has(it) || p.stored("a") != druid.TaskSuccess {
		t.Errorf("got it in the queue %v, stored as %s", p.queue.has(it), p.stored("a"))
	}
}

func TestTaskStaysInTheQueueWhileTheStoreIsAway(t *testing.T) {
	p := newParts(t)
	p.add("a")
	it := p.queue.get("a")
	if err := p.store.Close(); err != nil {
		t.Fatal(err)
	}
	if p.queue.finish(t.Context(), it, druid.TaskStatus{ID: "a", Status: druid.TaskSuccess}) {
		t.Error("it has left the queue")
	}
	p.queue.fail(t.Context(), it)
	if !p.queue.has(it) || it.ended == nil || it.ended.Status != druid.TaskSuccess || len(p.queue.in(waiting)) != 0 {
		t.Errorf("got %v in the queue with %+v, want it kept with how it ended first", p.queue.has(it), it.ended)
	}
	if !strings.Contains(p.said.String(), "status not stored") {
		t.Errorf("got the log %s", p.said)
	}
}

func TestQueueFollowsTheStore(t *testing.T) {
	p := newParts(t)
	p.add("stays", "ends")
	ctx := t.Context()
	task, err := druid.ParseTask([]byte(`{"type":"noop","id":"new"}`), 0)
	if err == nil {
		err = p.store.InsertTask(ctx, task, druid.TaskStatus{ID: "new", Status: druid.TaskRunning, Duration: -1}, 0)
	}
	if err == nil {
		err = p.store.SetTaskStatus(ctx, druid.TaskStatus{ID: "ends", Status: druid.TaskFailed})
	}
	if err != nil {
		t.Fatal(err)
	}
	found, gone, err := p.queue.compare(ctx)
	if err != nil || len(found) != 1 || found["new"] == nil || len(gone) != 1 || gone[0].task.ID != "ends" {
		t.Fatalf("got %v found, %v gone, %v", found, gone, err)
	}
	if p.queue.get("ends") != nil || p.queue.get("stays") == nil || p.queue.get("new") == nil {
		t.Error("the queue does not hold what is active in the store")
	}
	p.queue.unfind(found)
	if active, known := p.queue.isActive(ctx, "new"); p.queue.get("new") != nil || !active || !known {
		t.Errorf("got it active %v, known %v, want it in the store alone", active, known)
	}
}

func TestReadinessIsALockOrAMatterOfTheTask(t *testing.T) {
	p := newParts(t)
	const kill = `{"type":"kill","id":%q,"dataSource":"wiki","interval":"2019-01-01/2019-01-02"}`
	for _, json := range []string{strings.Replace(kill, "%q", `"one"`, 1), strings.Replace(kill, "%q", `"two"`, 1), `{"type":"noop","id":"never","isReadyResult":"EXCEPTION"}`} {
		task, err := druid.ParseTask([]byte(json), 0)
		if err == nil {
			err = p.queue.add(t.Context(), task)
		}
		if err != nil {
			t.Fatal(err)
		}
		p.queue.makeReady(t.Context(), p.queue.get(task.ID))
	}
	if got := p.where("one") + ", " + p.where("two") + ", " + p.where("never"); got != "PENDING, WAITING, " {
		t.Errorf("got %s", got)
	}
	p.queue.due = false
	p.queue.fail(t.Context(), p.queue.get("one"))
	if !p.queue.due {
		t.Error("got no pass over the queue asked for when a lock was given back")
	}
	p.queue.makeReady(t.Context(), p.queue.get("two"))
	if got := p.where("two"); got != "PENDING" {
		t.Errorf("got %s once the lock is free", got)
	}
}
