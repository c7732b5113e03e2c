package overlord

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/zk/zkcache"
)

// event is a change of a status as the cache reports it.
func event(t *testing.T, kind zkcache.EventType, id, code string) zkcache.Event {
	t.Helper()
	data, err := druid.Marshal(status(id, code))
	if err != nil {
		t.Fatal(err)
	}
	return zkcache.Event{Type: kind, Name: id, Path: "/status/" + id, Data: data}
}

func TestRunnerAssignsAndFollowsATask(t *testing.T) {
	p := newParts(t)
	ctx := t.Context()
	w := p.worker("w", 2)
	p.add("a", "b")
	p.run(ctx)
	if got := p.where("a") + ", " + p.where("b"); got != "RUNNING w, PENDING" || !p.has(p.paths.Task("w", "a")) {
		t.Fatalf("got %s and the nodes %v", got, slices.Sorted(maps.Keys(p.nodes)))
	}
	p.statuses.event(ctx, w, event(t, zkcache.Added, "a", druid.TaskRunning))
	if it := p.queue.get("a"); !it.acked || it.location.Host != "h" {
		t.Errorf("got %+v, want it acknowledged", it.work)
	}
	p.run(ctx)
	if got := p.where("b"); got != "RUNNING w" {
		t.Errorf("got the next task %s, once the first is answered for", got)
	}
	p.writes("w", "a", druid.TaskSuccess)
	p.statuses.event(ctx, w, event(t, zkcache.Updated, "a", druid.TaskSuccess))
	if p.where("a") != "" || p.stored("a") != druid.TaskSuccess || p.has(p.paths.Status("w", "a")) {
		t.Errorf("got it %q, stored as %s; want it ended and its status deleted", p.where("a"), p.stored("a"))
	}
}

func TestTaskFailsWithItsStatus(t *testing.T) {
	p := newParts(t)
	w := p.worker("w", 2)
	p.add("a")
	p.statuses.event(t.Context(), w, event(t, zkcache.Added, "a", druid.TaskRunning))
	if got := p.where("a"); got != "RUNNING w" {
		t.Fatalf("got %s, want the worker's word taken", got)
	}
	p.statuses.event(t.Context(), w, event(t, zkcache.Removed, "a", ""))
	if p.where("a") != "" || p.stored("a") != druid.TaskFailed {
		t.Errorf("got %q, stored as %s", p.where("a"), p.stored("a"))
	}
}

func TestAssignmentWithoutAnAnswer(t *testing.T) {
	for name, test := range map[string]struct {
		meanwhile func(p *parts)
		want      string
		judged    int
	}{
		"is taken back":                   {func(*parts) {}, "", 1},
		"was taken up at the last moment": {func(p *parts) { p.writes("w", "a", druid.TaskRunning); delete(p.nodes, p.paths.Task("w", "a")) }, "RUNNING w", 0},
		"was taken up and cannot be read": {func(p *parts) {
			p.nodes[p.paths.Status("w", "a")] = []byte("no json")
			delete(p.nodes, p.paths.Task("w", "a"))
		}, "RUNNING w", 0},
		"was taken and ended":              {func(p *parts) { p.writes("w", "a", druid.TaskSuccess); delete(p.nodes, p.paths.Task("w", "a")) }, "", 0},
		"is gone, and the worker has none": {func(p *parts) { delete(p.nodes, p.paths.Task("w", "a")) }, "", 1},
		"was answered":                     {func(p *parts) { p.queue.get("a").acknowledged("w", druid.UnknownLocation()) }, "RUNNING w", 0},
	} {
		p := newParts(t)
		w := p.worker("w", 1)
		p.add("a")
		it := p.queue.get("a")
		p.run(t.Context())
		test.meanwhile(p)
		p.assignments.unanswered(t.Context(), it, "w")
		if got := p.where("a"); got != test.want || w.failures != test.judged {
			t.Errorf("%s: got %q with %d failures, want %q with %d", name, got, w.failures, test.want, test.judged)
		}
		if test.judged > 0 && p.has(p.paths.Task("w", "a")) {
			t.Errorf("%s: the assignment is there", name)
		}
	}
}

func TestTaskThatIsTooBigOrHasABadNameFails(t *testing.T) {
	p := newParts(t)
	p.worker("w", 1)
	for _, task := range []druid.Task{{ID: "big", JSON: []byte(`{"x":"` + strings.Repeat("x", 1000) + `"}`)}, {ID: "a/b", JSON: []byte("{}")}} {
		it := p.queue.enqueue(task, 0)
		p.assignments.assign(t.Context(), it)
		if p.queue.has(it) {
			t.Errorf("%s: got it %s", task.ID, p.where(task.ID))
		}
	}
	if len(p.nodes) != 0 {
		t.Errorf("got %v written", slices.Sorted(maps.Keys(p.nodes)))
	}
}

func TestTasksOfALostWorkerAreCleanedUp(t *testing.T) {
	p := newParts(t)
	ctx := t.Context()
	p.add("runs", "ended", "moved")
	for id, host := range map[string]string{"runs": "lost", "ended": "lost", "moved": "other"} {
		p.queue.get(id).acknowledged(host, druid.UnknownLocation())
	}
	p.writes("lost", "ended", druid.TaskSuccess)
	p.writes("lost", "moved", druid.TaskRunning)
	p.writes("lost", "stray", druid.TaskRunning)
	p.nodes[p.paths.Worker("lost")] = nil
	p.cleanups.cleanUp(ctx, "lost")
	if p.where("runs") != "RUNNING lost" {
		t.Error("a worker that is back was cleaned up")
	}
	delete(p.nodes, p.paths.Worker("lost"))
	p.cleanups.cleanUp(ctx, "lost")
	if got := p.stored("runs") + " " + p.stored("ended") + " " + p.where("moved"); got != "FAILED SUCCESS RUNNING other" {
		t.Errorf("got %s", got)
	}
	if len(p.nodes) != 0 {
		t.Errorf("got %v left", slices.Sorted(maps.Keys(p.nodes)))
	}
}

func TestTasksAreLocatedWhereverTheyAre(t *testing.T) {
	p := newParts(t)
	p.add("runs", "ended", "nowhere")
	p.writes("absent", "runs", druid.TaskRunning)
	p.writes("absent", "ended", druid.TaskFailed)
	if err := p.assignments.locate(t.Context(), maps.Clone(p.queue.tasks)); err != nil {
		t.Fatal(err)
	}
	if got := p.where("runs") + ", " + p.stored("ended") + ", " + p.where("nowhere"); got != "RUNNING absent, FAILED, WAITING" {
		t.Errorf("got %s", got)
	}
}

func TestStraysAreStatusesThatShouldNotBeThere(t *testing.T) {
	p := newParts(t)
	one, two := p.worker("one", 9), p.worker("two", 9)
	p.add("mine", "free", "waits")
	p.queue.get("mine").acknowledged("one", druid.UnknownLocation())
	for _, id := range []string{"mine", "free", "gone", "done"} {
		code := map[bool]string{true: druid.TaskSuccess, false: druid.TaskRunning}[id == "done"]
		one.notes(id, status(id, code))
		two.notes(id, status(id, code))
	}
	p.shutdowns.asked[place{"two", "gone"}] = true
	want := []stray{{place{"one", "done"}, true}, {place{"one", "gone"}, false}, {place{"two", "done"}, true}, {place{"two", "mine"}, false}}
	if got := p.strays(); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// answers is a client of a worker that gives such an answer.
type answers func(*http.Request) (int, error)

func (f answers) RoundTrip(r *http.Request) (*http.Response, error) {
	code, err := f(r)
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: code, Status: fmt.Sprint(code), Body: io.NopCloser(strings.NewReader("")), Request: r}, nil
}

func TestShutdownThatIsNotDeliveredIsAskedForAgain(t *testing.T) {
	for name, test := range map[string]struct {
		code   int
		err    error
		stands bool
	}{"taken": {200, nil, true}, "refused": {500, nil, false}, "nobody there": {0, errors.New("no route"), false}} {
		p := newParts(t)
		asked := make(chan string, 1)
		p.shutdowns.client = &http.Client{Transport: answers(func(r *http.Request) (int, error) {
			asked <- r.Method + " " + r.URL.String()
			return test.code, test.err
		})}
		p.shutdowns.timeout = time.Hour
		p.shutdowns.ask(t.Context(), p.worker("w:1", 1), "a")
		if got := <-asked; got != "POST http://w:1/druid/worker/v1/task/a/shutdown" {
			t.Errorf("%s: got %s", name, got)
		}
		if !test.stands {
			(<-p.loop.Calls())()
		}
		if got := p.shutdowns.asked[place{"w:1", "a"}]; got != test.stands {
			t.Errorf("%s: got it asked for %v", name, got)
		}
	}
}
