package overlord

import (
	"fmt"

	"oakmoot/internal/druid"
)

// What HTTP asks of a term. Each of these runs on its loop.

// add takes a task into the queue.
func (t *term) add(task druid.Task) error { return t.queue.add(t.life, task) }

// shutdown is TaskQueue.shutdown: the task has failed from this moment on; a worker
// that runs it is asked to end it.
func (t *term) shutdown(id string) {
	if it := t.queue.get(id); it != nil {
		t.queue.fail(t.life, it)
		t.runner.shutdown(t.life, it)
	}
}

// shutdownAll shuts down all tasks of a datasource; false when there are none.
func (t *term) shutdownAll(dataSource string) (found bool) {
	for _, it := range t.queue.ordered() {
		if it.task.DataSource == dataSource {
			found = true
			t.shutdown(it.task.ID)
		}
	}
	return found
}

// whereIs is what the runner does with a task, and where; false when it does not have it.
func (t *term) whereIs(id string) (runState, druid.TaskLocation, bool) {
	it := t.queue.get(id)
	if it == nil || it.state == waiting {
		return "", druid.TaskLocation{}, false
	}
	return it.state, it.location, true
}

// logURI is where a worker has the log of a task, or "".
func (t *term) logURI(id string, offset int64) string {
	w := t.runner.roster.having(id)
	if w == nil || w.unreadable[id] {
		return ""
	}
	return fmt.Sprintf("%s/log?offset=%d", w.uri(id), offset)
}

// perform carries out an action of a task. unlocked is closed when a lock is given back.
func (t *term) perform(r actionRequest) (result any, unlocked <-chan struct{}, err error) {
	result, err = t.actions.Submit(t.life, r.task, r.action, r.raw)
	return result, t.queue.locks.Unlocked(), err
}

// use makes a stored worker configuration the one that counts.
func (t *term) use(stored []byte) {
	if s, known := strategyOf(t.store.Configuration, stored); known {
		t.runner.roster.strategy = s
	}
	t.queue.requestManagement()
}
