package worldtest

import (
	"encoding/json"
	"errors"
	"fmt"

	"oakmoot/internal/druid"
	"oakmoot/internal/zk/zkconn"
)

// Noop is a noop task, with further members such as `"runTime":100`.
func Noop(id string, members ...string) string {
	task := fmt.Sprintf(`{"type":"noop","id":%q`, id)
	for _, m := range members {
		task += "," + m
	}
	return task + "}"
}

// Assign gives a worker a task, as the overlord on that connection does: RemoteTaskRunner.
func (w *World) Assign(overlord zkconn.Conn, host, id, task string) {
	w.T.Helper()
	_, err := overlord.Create(w.T.Context(), w.Paths.Task(host, id), []byte(task), zkconn.Ephemeral)
	w.Must(err)
}

// TaskStatus is what a worker has announced of a task, nil without a status node.
func (w *World) TaskStatus(host, id string) *druid.TaskAnnouncement {
	w.T.Helper()
	data, _, err := w.Conn.Get(w.T.Context(), w.Paths.Status(host, id))
	if errors.Is(err, zkconn.ErrNoNode) {
		return nil
	}
	w.Must(err)
	var a druid.TaskAnnouncement
	if err := json.Unmarshal(druid.Gunzip(data), &a); err != nil {
		w.T.Fatalf("status of %s: %v", id, err)
	}
	return &a
}
