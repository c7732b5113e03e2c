package overlord

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/druid/gate"
	"oakmoot/internal/druid/jackson"
	"oakmoot/internal/roles/overlord/taskaction"
	"oakmoot/internal/run/node"
)

// actionRequest is TaskActionHolder: an action, and the task that it is done for.
type actionRequest struct {
	task   druid.Task
	action taskaction.Action
	raw    json.RawMessage
}

func readAction(body io.Reader, now druid.Timestamp) (actionRequest, error) {
	var parts struct{ Task, Action json.RawMessage }
	var r actionRequest
	err := json.NewDecoder(body).Decode(&parts)
	if err != nil {
		return r, err
	}
	if r.task, err = druid.ParseTask(parts.Task, now); err != nil {
		return r, err
	}
	r.raw = parts.Action
	if err = json.Unmarshal(parts.Action, &r.action); err != nil {
		return r, err
	}
	return r, r.action.Check()
}

// actionResource answers task actions: OverlordResource.doAction.
type actionResource struct{ master *taskMaster }

// action answers POST /action: a peon's task action, with the task it speaks for.
func (ar actionResource) action(w http.ResponseWriter, r *http.Request) {
	body, err := readAs(w, r, gate.TaskActionHolder)
	if err != nil {
		node.WriteRefused(w, err)
		return
	}
	if given := jackson.Parse(body).Object(); !given.Given("task") || !given.Given("action") {
		node.WriteError(w, http.StatusInternalServerError, jackson.Null) // what Druid says of null
		return
	}
	req, err := readAction(bytes.NewReader(body), druid.At(ar.master.cfg.Clock.Now()))
	if err != nil {
		node.WriteError(w, http.StatusBadRequest, err.Error())
		return
	}
	result, err := ar.act(r.Context(), req)
	switch {
	case errors.Is(err, errNotLeading):
		w.WriteHeader(http.StatusServiceUnavailable)
	case err != nil:
		node.WriteError(w, http.StatusInternalServerError, err.Error())
	default:
		node.WriteJSON(w, http.StatusOK, map[string]any{"result": result})
	}
}

// errNotLeading is an action that a leader was asked for and nobody carried out.
var errNotLeading = errors.New("not leading")

// act carries an action out. A lockAcquire that is refused is tried again whenever a
// lock is given back: until its time is over, or, if it has none, until its caller
// hangs up or the term ends.
func (ar actionResource) act(ctx context.Context, req actionRequest) (any, error) {
	if req.action.Type == "lockAcquire" && req.action.TimeoutMs > 0 {
		patience, cancel := ar.master.cfg.Clock.WithTimeout(ctx, time.Duration(req.action.TimeoutMs)*time.Millisecond)
		defer cancel()
		return ar.actUntil(ctx, patience, req)
	}
	return ar.actUntil(ctx, ctx, req)
}

func (ar actionResource) actUntil(ctx, patience context.Context, req actionRequest) (any, error) {
	for {
		var result any
		var err error
		var changed, over <-chan struct{}
		if !ar.master.do(ctx, func(t *term) {
			result, changed, err = t.perform(req)
			over = t.loop.Ended()
		}) {
			return nil, errNotLeading
		}
		switch {
		case !errors.Is(err, taskaction.ErrNotYet):
			return result, err
		case req.action.Type != "lockAcquire":
			return nil, nil
		}
		select {
		case <-changed:
		case <-patience.Done():
			return nil, ctx.Err()
		case <-over:
			return nil, errNotLeading
		}
	}
}
