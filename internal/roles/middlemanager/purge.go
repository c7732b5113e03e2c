package middlemanager

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"oakmoot/internal/druid"
)

// When the results that are kept on disk are compared with what the overlord
// knows, as in WorkerTaskManager.
const (
	purgeDelay  = time.Minute
	purgePeriod = 5 * time.Minute
)

// maxStatusesAnswer bounds an overlord's answer, in bytes.
const maxStatusesAnswer = 64 << 20

// purge asks the overlord about the completed tasks, and forgets those that it
// does not know or knows to be complete.
func (m *monitor) purge(ctx context.Context) {
	if len(m.completed) == 0 || m.purging {
		return
	}
	m.purging = true
	ids := make([]string, 0, len(m.completed))
	for id := range m.completed {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	m.help(func() func() {
		known, err := m.askStatuses(ctx, ids)
		return func() {
			m.purging = false
			if err != nil {
				m.log.Info("completed tasks not compared with the overlord's, trying later", "error", err)
				return
			}
			m.forget(ids, known)
		}
	})
}

// forget drops the tasks that no overlord needs any more.
func (m *monitor) forget(ids []string, known map[string]druid.TaskStatus) {
	for _, id := range ids {
		if status, ok := known[id]; ok && !status.Complete() {
			continue
		}
		delete(m.completed, id)
		if err := m.store.removeCompleted(id); err != nil {
			m.log.Error("completed task not removed from disk", "task", id, "error", err)
			continue
		}
		m.history.add(taskRemoval(id))
	}
}

func (m *monitor) askStatuses(ctx context.Context, ids []string) (map[string]druid.TaskStatus, error) {
	body, err := druid.Marshal(ids)
	if err != nil {
		return nil, err
	}
	header := http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json"}}
	resp, err := m.overlord.Do(ctx, http.MethodPost, "/druid/indexer/v1/taskStatus", body, header)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK:
		var known map[string]druid.TaskStatus
		if err := json.NewDecoder(io.LimitReader(resp.Body, maxStatusesAnswer)).Decode(&known); err != nil {
			return nil, fmt.Errorf("taskStatus: %w", err)
		}
		return known, nil
	case http.StatusNotFound: // an overlord from before this endpoint
		return nil, nil
	}
	return nil, fmt.Errorf("taskStatus: answered %s", resp.Status)
}
