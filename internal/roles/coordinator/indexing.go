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

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/loop"
	"oakmoot/internal/run/metadata"
	"oakmoot/internal/zk/discovery"
)

// answerLimit bounds how much is read of an overlord's answer.
const answerLimit = 64 << 20

// keepPending is how long pending segments outlive the oldest known task:
// KEEP_PENDING_SEGMENTS_OFFSET.
const keepPending = 24 * time.Hour

// indexingDuties are the duties that need the overlord: DruidCoordinatorSegmentKiller and
// DruidCoordinatorCleanupPendingSegments. Compaction and merging are left out.
type indexingDuties struct {
	store        metadata.Segments
	log          hclog.Logger
	overlord     overlord
	loop         *loop.Loop
	kill         killSettings
	cleanPending bool

	// The loop owns the fields below.
	killedAt time.Time
	busy     bool // the duties are under way
}

// start runs the duties beside the loop, unless they are still running.
func (d *indexingDuties) start(ctx context.Context, last snapshot) {
	kill := d.kill.on && d.killedAt.Add(d.kill.period).Before(d.loop.Clock.Now())
	if d.busy || !kill && !d.cleanPending {
		return
	}
	d.busy = true
	if kill {
		d.killedAt = d.loop.Clock.Now()
	}
	config, dataSources := last.config, last.used.dataSources()
	apart(d.loop, ctx, func(ctx context.Context) func() {
		var err error
		if kill {
			err = d.killUnused(ctx, config)
		}
		if d.cleanPending {
			err = errors.Join(err, d.cleanPendingSegments(ctx, config, dataSources))
		}
		return func() {
			d.busy = false
			if err != nil {
				d.log.Warn("indexing duties", "error", err)
			}
		}
	})
}

// killUnused submits a kill task for each datasource that the configuration names and that has unused segments old
// enough.
func (d *indexingDuties) killUnused(ctx context.Context, config druid.DynamicConfig) error {
	dataSources := config.KillDataSourceWhitelist
	if config.KillAllDataSources {
		if len(dataSources) > 0 {
			return errors.New("killAllDataSources can't be true when killDataSourceWhitelist is non-empty")
		}
		var err error
		if dataSources, err = d.store.DataSourceNames(ctx, true); err != nil {
			return err
		}
	}
	var failed error
	for _, dataSource := range dataSources {
		within := druid.Interval{Start: 0, End: druid.At(d.loop.Clock.Now().Add(-d.kill.retain))}
		unused, err := d.store.UnusedIntervals(ctx, dataSource, within, d.kill.maxSegments)
		if err == nil && len(unused) > 0 {
			err = d.overlord.submitKill(ctx, dataSource, umbrella(unused))
		}
		failed = errors.Join(failed, err)
	}
	return failed
}

// overlord is the leading overlord: Druid's HttpIndexingServiceClient.
type overlord struct{ *discovery.LeaderClient }

// umbrella is the smallest interval that holds all the others.
func umbrella(intervals []druid.Interval) druid.Interval {
	all := intervals[0]
	for _, i := range intervals {
		all = druid.Interval{Start: min(all.Start, i.Start), End: max(all.End, i.End)}
	}
	return all
}

// submitKill asks the overlord to delete a datasource's unused segments.
func (o overlord) submitKill(ctx context.Context, dataSource string, interval druid.Interval) error {
	task := struct {
		Type       string         `json:"type"`
		DataSource string         `json:"dataSource"`
		Interval   druid.Interval `json:"interval"`
	}{"kill", dataSource, interval}
	body, err := druid.Marshal(task)
	if err != nil {
		return fmt.Errorf("kill %s: %w", dataSource, err)
	}
	return o.call(ctx, http.MethodPost, "/druid/indexer/v1/task", body, nil)
}

// cleanPendingSegments deletes pending segments older than a day before the oldest task.
func (d *indexingDuties) cleanPendingSegments(ctx context.Context, config druid.DynamicConfig, dataSources []string) error {
	oldest, err := d.overlord.oldestTask(ctx, druid.At(d.loop.Clock.Now()))
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
		failed = errors.Join(failed, d.overlord.call(ctx, http.MethodDelete, path, nil, nil))
	}
	return failed
}

// oldestTask is when the oldest active task was created, or the last complete one if that is older; now if no task is
// active.
func (o overlord) oldestTask(ctx context.Context, now druid.Timestamp) (druid.Timestamp, error) {
	var created []druid.Timestamp
	for _, state := range []string{"runningTasks", "pendingTasks", "waitingTasks"} {
		var tasks []druid.TaskStatusPlus
		if err := o.call(ctx, http.MethodGet, "/druid/indexer/v1/"+state, nil, &tasks); err != nil {
			return 0, err
		}
		for _, t := range tasks {
			created = append(created, t.CreatedTime)
		}
	}
	if len(created) == 0 {
		created = append(created, now)
	}
	var last []druid.TaskStatusPlus
	if err := o.call(ctx, http.MethodGet, "/druid/indexer/v1/completeTasks?n=1", nil, &last); err != nil {
		return 0, err
	}
	for _, t := range last {
		created = append(created, t.CreatedTime)
	}
	return slices.Min(created), nil
}

// call sends a request to the leading overlord and reads its answer into one, unless one is nil.
func (o overlord) call(ctx context.Context, method, path string, body []byte, answer any) error {
	resp, err := o.Do(ctx, method, path, body, http.Header{"Content-Type": {"application/json"}})
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
