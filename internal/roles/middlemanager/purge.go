package middlemanager

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/loop"
	"oakmoot/internal/zk/discovery"
)

// How often the results that are kept on disk are compared with what the overlord
// knows, as in WorkerTaskManager.
const (
	purgeDelay  = time.Minute
	purgePeriod = 5 * time.Minute
)

// maxStatusesAnswer bounds an overlord's answer, in bytes.
const maxStatusesAnswer = 64 << 20

// results compares the results that are kept with what the overlord knows. The loop
// owns it.
type results struct {
	overlord *discovery.LeaderClient
	loop     *loop.Loop
	asking   bool // the overlord has been asked and has not answered
}

// compare asks the overlord about completed tasks and has the loop run f with its answer,
// unless it is still being asked.
func (r *results) compare(ctx context.Context, ids []string, f func(known map[string]druid.TaskStatus, err error)) {
	if len(ids) == 0 || r.asking {
		return
	}
	r.asking = true
	r.loop.Async(func() func() {
		known, err := r.askStatuses(ctx, ids)
		return func() {
			r.asking = false
			f(known, err)
		}
	})
}

// purge asks the overlord about the completed tasks, and forgets those that it
// does not know or knows to be complete.
func (m *monitor) purge(ctx context.Context) {
	ids := m.tasks.completedIDs()
	m.results.compare(ctx, ids, func(known map[string]druid.TaskStatus, err error) {
		if err != nil {
			m.log.Info("completed tasks not compared with the overlord's, trying later", "error", err)
			return
		}
		m.forget(ids, known)
	})
}

// forget drops the tasks that no overlord needs.
func (m *monitor) forget(ids []string, known map[string]druid.TaskStatus) {
	for _, id := range ids {
		if status, ok := known[id]; ok && !status.Complete() {
			continue
		}
		m.tasks.leave(id)
		if err := m.store.removeCompleted(id); err != nil {
			m.log.Error("completed task not removed from disk", "task", id, "error", err)
			continue
		}
		m.history.add(taskRemoval(id))
	}
}

func (r *results) askStatuses(ctx context.Context, ids []string) (map[string]druid.TaskStatus, error) {
	body, err := druid.Marshal(ids)
	if err != nil {
		return nil, err
	}
	header := http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json"}}
	resp, err := r.overlord.Do(ctx, http.MethodPost, "/druid/indexer/v1/taskStatus", body, header)
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
