package overlord

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/node"
)

// bodyLimit bounds the body of a request.
const bodyLimit = 64 << 20

// action answers POST /action: a peon's task action, with the task it speaks for.
func (o *overlord) action(w http.ResponseWriter, r *http.Request) {
	var req struct {
		Task   json.RawMessage `json:"task"`
		Action action          `json:"action"`
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit))
	if err == nil {
		err = json.Unmarshal(body, &req)
	}
	if err != nil {
		node.WriteError(w, http.StatusBadRequest, err.Error())
		return
	}
	var task struct{ ID string }
	if err := json.Unmarshal(req.Task, &task); err != nil || task.ID == "" {
		node.WriteError(w, http.StatusBadRequest, "task has no id")
		return
	}
	do, known := actions[req.Action.Type]
	if !known {
		node.WriteError(w, http.StatusBadRequest, fmt.Sprintf("Could not resolve type id '%s' into a subtype of [simple type, class org.apache.druid.indexing.common.actions.TaskAction]", req.Action.Type))
		return
	}
	result, err, led := o.act(r.Context(), task.ID, req.Action, do)
	switch {
	case !led:
		w.WriteHeader(http.StatusServiceUnavailable)
	case err != nil:
		node.WriteError(w, http.StatusInternalServerError, err.Error())
	default:
		node.WriteJSON(w, http.StatusOK, map[string]any{"result": result})
	}
}

// act carries an action out; a lockAcquire that is refused is tried again whenever a
// lock is given back, until its time is over.
func (o *overlord) act(ctx context.Context, id string, a action, do perform) (result any, err error, led bool) {
	deadline := time.Now().Add(lockWaitMost)
	if a.TimeoutMs > 0 {
		deadline = time.Now().Add(time.Duration(a.TimeoutMs) * time.Millisecond)
	}
	for {
		var changed <-chan struct{}
		led = o.do(ctx, func(t *term) {
			it := t.tasks[id]
			if it == nil {
				err = fmt.Errorf("Unable to perform action of inactive task: %s", id)
				return
			}
			result, err = do(t, t.life, it, a)
			changed = t.unlocked
		})
		lock, isLock := result.(*druid.TaskLock)
		if !led || err != nil || a.Type != "lockAcquire" || !isLock || lock != nil {
			return result, err, led
		}
		select {
		case <-changed:
		case <-time.After(time.Until(deadline)):
			return result, nil, true
		case <-ctx.Done():
			return nil, ctx.Err(), true
		}
	}
}
