package middlemanager

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"oakmoot/internal/druid"
	"oakmoot/internal/zk/zkconn"
)

// settle decides what becomes of a status found at the start: a RUNNING one of a
// task that has ended here, or that nobody runs, is set to its result. All others
// are left to the overlord. The task is what is known of it here, nil if nothing is.
func settle(found druid.TaskAnnouncement, t *task) (result druid.TaskAnnouncement, stale bool) {
	switch {
	case found.Status.Status != druid.TaskRunning, t != nil && t.active():
		return found, false
	case t != nil && t.state == completed:
		found.Status = t.announcement.Status
	default:
		found.Status = failed(found.Status.ID)
	}
	found.Location = druid.UnknownLocation()
	return found, true
}

// settleStatuses writes the results of what the last incarnation left RUNNING.
func settleStatuses(ctx context.Context, t *tree, known *tasks) error {
	ids, err := t.zc.Children(ctx, t.paths.StatusesOf(t.host))
	if err != nil {
		return fmt.Errorf("settle statuses: %w", err)
	}
	slices.Sort(ids)
	for _, id := range ids {
		data, _, err := t.zc.Get(ctx, t.status(id))
		if errors.Is(err, zkconn.ErrNoNode) {
			continue
		}
		if err != nil {
			return fmt.Errorf("settle statuses: %w", err)
		}
		var found druid.TaskAnnouncement
		if err := json.Unmarshal(data, &found); err != nil {
			t.log.Error("status not understood", "path", t.status(id), "error", err)
			continue
		}
		result, stale := settle(found, known.all[found.Status.ID])
		if !stale {
			continue
		}
		t.log.Info("stale status settled", "task", id, "status", result.Status.Status)
		if err := t.do(ctx, t.setStatus(result)); err != nil {
			return fmt.Errorf("settle statuses: %w", err)
		}
	}
	return nil
}
