package peon

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/deepstore"
	"oakmoot/internal/run/node"
)

// Config is one task and what it may use. Env is the peon's own: Self names its port,
// Dir is an empty directory, Log is the task's log.
type Config struct {
	node.Env
	Task        druid.Task
	Overlord    Leader
	DeepStorage *deepstore.Local
	Kinds       []Kind // in addition to this package's, or replacing them
}

// Kind is a type of task and how to run it.
type Kind struct {
	Type       string
	Restorable bool // resumes after a restart of its worker: Task.canRestore of Java
	Run        func(ctx context.Context, p *Peon) error
}

// Kinds are the tasks that a peon runs: this package's and more, which replace those of
// the same type.
func Kinds(more []Kind) []Kind {
	all := slices.Clone(more)
	for _, k := range kinds() {
		if !slices.ContainsFunc(more, func(o Kind) bool { return o.Type == k.Type }) {
			all = append(all, k)
		}
	}
	return all
}

// kinds are the tasks that this package runs.
func kinds() []Kind {
	return []Kind{
		{Type: "noop", Run: runNoop},
		{Type: "index", Run: runIndex},
		{Type: "kill", Run: runKill},
		{Type: "archive", Run: runArchive},
		{Type: "move", Run: runMove},
		{Type: "restore", Run: runRestore},
	}
}

func kindOf(task druid.Task, more []Kind) (Kind, bool) {
	for _, k := range append(slices.Clone(more), kinds()...) {
		if k.Type == task.Type {
			return k, true
		}
	}
	return Kind{}, false
}

// Restorable reports whether a task resumes after its worker has been restarted.
func Restorable(task druid.Task, more []Kind) bool {
	k, ok := kindOf(task, more)
	return ok && k.Restorable
}

// Peon is one task under way, from its start to its end.
type Peon struct {
	Config
	Actions *Actions // asks the overlord on the task's behalf

	report []byte       // TaskReportFileWriter's file; nil if there is none
	chat   *chatHandler // answers for the task while it runs
}

// New prepares a peon; nothing is read or written yet.
func New(cfg Config) *Peon {
	return &Peon{Config: cfg, Actions: newActions(cfg), chat: newChatHandler()}
}

// Run runs the task to its end. A task that fails is a status, not an error; an error
// is that of ctx, which ended before the task did.
func (p *Peon) Run(ctx context.Context) (druid.TaskStatus, error) {
	id := p.Task.ID
	kind, ok := kindOf(p.Task, p.Kinds)
	if !ok {
		return failure(id, fmt.Sprintf("task type %s cannot be run here", p.Task.Type)), nil
	}
	err := kind.Run(ctx, p)
	if err != nil && ctx.Err() != nil {
		return failure(id, ""), context.Cause(ctx)
	}
	if err != nil {
		p.Log.Error("exception while running task", "task", id, "error", err)
		return failure(id, stackTrace(err)), nil
	}
	return druid.TaskStatus{ID: id, Status: druid.TaskSuccess, Duration: -1}, nil
}

// Report returns the task's report as JSON, nil when it made none. It is valid after
// Run.
func (p *Peon) Report() []byte { return p.report }

// ServeHTTP answers /druid/worker/v1/chat/{task id}/… while the task runs.
func (p *Peon) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.chat.ServeHTTP(w, r)
}

func failure(id, msg string) druid.TaskStatus {
	return druid.TaskStatus{ID: id, Status: druid.TaskFailed, Duration: -1}.WithMessage(msg)
}
