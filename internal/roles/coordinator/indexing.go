package coordinator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	"oakmoot/internal/druid"
)

// answerLimit bounds what is read of an overlord's answer.
const answerLimit = 64 << 20

// keepPending is how long pending segments outlive the oldest known task:
// KEEP_PENDING_SEGMENTS_OFFSET.
const keepPending = 24 * time.Hour

// startIndexingDuties runs the duties that need the overlord apart from the loop,
// unless they still run: DruidCoordinatorSegmentKiller and
// DruidCoordinatorCleanupPendingSegments. Compaction and merging are left out.
func (l *leadership) startIndexingDuties(ctx context.Context) {
	kill := l.kill.on && l.killedAt.Add(l.kill.period).Before(time.Now())
	if l.busy || !kill && !l.cleanPending {
		return
	}
	l.busy = true
	if kill {
		l.killedAt = time.Now()
	}
	config, dataSources := l.snapshot.config, l.snapshot.used.dataSources()
	l.apart(ctx, func(ctx context.Context) func(context.Context) {
		var err error
		if kill {
			err = l.killUnused(ctx, config)
		}
		if l.cleanPending {
			err = errors.Join(err, l.cleanPendingSegments(ctx, config, dataSources))
		}
		return func(context.Context) {
			l.busy = false
			if err != nil {
				l.Log.Warn("indexing duties", "error", err)
			}
		}
	})
}

// killUnused submits a kill task for each datasource that the configuration names
// and that has unused segments old enough.
func (c *coordinator) killUnused(ctx context.Context, config druid.DynamicConfig) error {
	dataSources := config.KillDataSourceWhitelist
	if config.KillAllDataSources {
		if len(dataSources) > 0 {
			return errors.New("killAllDataSources can't be true when killDataSourceWhitelist is non-empty")
		}
		var err error
		if dataSources, err = c.Store.DataSourceNames(ctx, true); err != nil {
			return err
		}
	}
	var failed error
	for _, dataSource := range dataSources {
		within := druid.Interval{Start: 0, End: druid.At(time.Now().Add(-c.kill.retain))}
		unused, err := c.Store.UnusedIntervals(ctx, dataSource, within, c.kill.maxSegments)
		if err == nil && len(unused) > 0 {
			err = c.submitKill(ctx, dataSource, umbrella(unused))
		}
		failed = errors.Join(failed, err)
	}
	return failed
}

// umbrella is the interval that holds all the others.
func umbrella(intervals []druid.Interval) druid.Interval {
	all := intervals[0]
	for _, i := range intervals {
		all = druid.Interval{Start: min(all.Start, i.Start), End: max(all.End, i.End)}
	}
	return all
}

// submitKill asks the overlord to delete a datasource's unused segments.
func (c *coordinator) submitKill(ctx context.Context, dataSource string, interval druid.Interval) error {
	task := struct {
		Type       string         `json:"type"`
		DataSource string         `json:"dataSource"`
		Interval   druid.Interval `json:"interval"`
	}{"kill", dataSource, interval}
	body, err := druid.Marshal(task)
	if err != nil {
		return fmt.Errorf("kill %s: %w", dataSource, err)
	}
	return c.callOverlord(ctx, http.MethodPost, "/druid/indexer/v1/task", body, nil)
}

// cleanPendingSegments deletes pending segments of a day before the oldest task.
func (c *coordinator) cleanPendingSegments(ctx context.Context, config druid.DynamicConfig, dataSources []string) error {
	oldest, err := c.oldestTask(ctx)
	if err != nil {
		return err
	}
	created := druid.Interval{Start: druid.MinTimestamp, End: oldest - druid.Timestamp(keepPending.Milliseconds())}
	var failed error
	for _, dataSource := range dataSources {
		if slices.Contains(config.ProtectedPendingSegmentDatasources, dataSource) {
			continue
		}
		path := "/druid/indexer/v1/pendingSegments/" + url.PathEscape(dataSource) + "?interval=" + url.QueryEscape(created.String())
		failed = errors.Join(failed, c.callOverlord(ctx, http.MethodDelete, path, nil, nil))
	}
	return failed
}

// oldestTask is when the oldest active task, or the last complete one if that is
// older, was created; now when there is no active one.
func (c *coordinator) oldestTask(ctx context.Context) (druid.Timestamp, error) {
	var created []druid.Timestamp
	for _, state := range []string{"runningTasks", "pendingTasks", "waitingTasks"} {
		var tasks []druid.TaskStatusPlus
		if err := c.callOverlord(ctx, http.MethodGet, "/druid/indexer/v1/"+state, nil, &tasks); err != nil {
			return 0, err
		}
		for _, t := range tasks {
			created = append(created, t.CreatedTime)
		}
	}
	if len(created) == 0 {
		created = append(created, druid.At(time.Now()))
	}
	var last []druid.TaskStatusPlus
	if err := c.callOverlord(ctx, http.MethodGet, "/druid/indexer/v1/completeTasks?n=1", nil, &last); err != nil {
		return 0, err
	}
	for _, t := range last {
		created = append(created, t.CreatedTime)
	}
	return slices.Min(created), nil
}

// callOverlord sends a request to the leading overlord and reads its answer into
// one unless that is nil.
func (c *coordinator) callOverlord(ctx context.Context, method, path string, body []byte, answer any) error {
	resp, err := c.overlord.Do(ctx, method, path, body, http.Header{"Content-Type": {"application/json"}})
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, answerLimit))
	if err != nil {
		return fmt.Errorf("overlord %s %s: %w", method, path, err)
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("overlord %s %s: %s %.200s", method, path, resp.Status, text)
	}
	if answer == nil {
		return nil
	}
	if err := json.Unmarshal(text, answer); err != nil {
		return fmt.Errorf("overlord %s %s: %w", method, path, err)
	}
	return nil
}
