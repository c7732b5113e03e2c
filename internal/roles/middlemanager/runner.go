package middlemanager

import (
	"context"
	"errors"
	"path/filepath"
	"slices"

	"github.com/google/uuid"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/peon"
	"oakmoot/internal/run/loop"
)

// Why a peon's context ends before its task does.
var (
	errShutdown = errors.New("shut down over HTTP")
	errStopping = errors.New("the worker stops")
)

// runner runs tasks in slots, each as a peon of its own: ForkingTaskRunner of Druid.
// The loop owns it.
type runner struct {
	cfg      Config
	overlord peon.Leader
	store    store
	loop     *loop.Loop
	slots    int     // free ones
	queue    []*task // those that wait for a slot

	located  func(id string, at druid.TaskLocation)   // the loop runs it when a peon's port is open
	finished func(id string, status druid.TaskStatus) // the loop runs it when a peon has ended
}

// accept takes a task. As in ForkingTaskRunner, capacity bounds how many run at once
// and not how many are accepted.
func (r *runner) accept(t *task) {
	t.become(waiting)
	t.clock, t.started = r.cfg.Clock, r.cfg.Clock.Now()
	r.queue = append(r.queue, t)
}

// fill gives free slots to those who wait.
func (r *runner) fill(ctx context.Context) {
	for r.slots > 0 && len(r.queue) > 0 {
		next := r.queue[0]
		r.queue = r.queue[1:]
		r.slots--
		r.start(ctx, next)
	}
}

func (r *runner) start(ctx context.Context, t *task) {
	ctx, stop := context.WithCancelCause(ctx)
	a := r.attempt(t.Task)
	t.run(stop, a.logFile)
	id := t.ID
	r.loop.Async(func() func() {
		status := a.run(ctx)
		stop(nil)
		return func() {
			r.slots++
			t.become(ending)
			r.finished(id, status)
		}
	})
}

// shutdown ends a task that is active; its end is reported as any other.
func (r *runner) shutdown(t *task) {
	if t.state != waiting {
		r.cfg.Log.Info("shutting down", "task", t.ID)
		if t.state == running {
			t.stop(errShutdown)
		}
		return
	}
	r.cfg.Log.Info("shutting down before it has started", "task", t.ID)
	r.queue = slices.DeleteFunc(r.queue, func(w *task) bool { return w == t })
	t.become(ending)
	r.finished(t.ID, failed(t.ID))
}

// attempt prepares the next try at a task.
func (r *runner) attempt(t druid.Task) attempt {
	dir := r.store.taskDir(t.ID)
	env := r.cfg.Env
	env.Dir = filepath.Join(dir, uuid.NewString())
	env.Ready = func() {} // the worker is ready already
	return attempt{
		cfg:    peon.Config{Env: env, Task: t, Overlord: r.overlord, DeepStorage: r.cfg.DeepStorage, Kinds: r.cfg.Kinds},
		listen: r.cfg.ListenPeon,
		located: func(at druid.TaskLocation) {
			_ = r.loop.Post(context.Background(), func() { r.located(t.ID, at) }) // a worker that stops announces nothing
		},
		logs:     r.cfg.Logs,
		taskDir:  dir,
		dir:      env.Dir,
		logFile:  filepath.Join(dir, "log"),
		errorLog: r.cfg.Log.With("task", t.ID),
	}
}
