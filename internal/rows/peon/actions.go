package peon

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/clock"
)

// Leader sends requests to the leading overlord: DruidLeaderClient of Druid.
type Leader interface {
	Do(ctx context.Context, method, path string, body []byte, header http.Header) (*http.Response, error)
}

// Actions submits a task's actions to the overlord, and retries until they are
// answered: RemoteTaskActionClient of Druid.
type Actions struct {
	overlord Leader
	task     druid.Task
	clock    *clock.Clock
	log      hclog.Logger
	retry    retryPolicy
}

// retryPolicy is RetryPolicyConfig: druid.peon.taskActionClient.retry.*.
type retryPolicy struct {
	minWait, maxWait time.Duration
	maxRetries       int
}

// maxActionAnswer is the longest answer accepted from an overlord, in bytes.
const maxActionAnswer = 256 << 20

func newActions(cfg Config) *Actions {
	return &Actions{
		overlord: cfg.Overlord,
		task:     cfg.Task,
		clock:    cfg.Clock,
		log:      cfg.Log,
		retry: retryPolicy{
			minWait:    cfg.Props.Duration("druid.peon.taskActionClient.retry.minWait", 5*time.Second),
			maxWait:    cfg.Props.Duration("druid.peon.taskActionClient.retry.maxWait", time.Minute),
			maxRetries: cfg.Props.Int("druid.peon.taskActionClient.retry.maxRetryCount", 60),
		},
	}
}

// wait returns the pause before retry n, counted from 0, without jitter.
func (p retryPolicy) wait(n int) time.Duration {
	d := p.minWait
	for range n {
		d = min(2*d, p.maxWait)
	}
	return d
}

// jitter varies a pause at random, with a quarter of it as the standard deviation.
func jitter(d time.Duration) time.Duration {
	return max(0, d+time.Duration(rand.NormFloat64()*float64(d)/4))
}

// submit sends an action and decodes its result. It retries after any answer but a 2xx:
// an error means that the retries or ctx have ended.
func submit[T any](ctx context.Context, a *Actions, action any) (T, error) {
	var result struct {
		Result T `json:"result"`
	}
	body, err := druid.Marshal(struct {
		Task   json.RawMessage `json:"task"`
		Action any             `json:"action"`
	}{a.task.JSON, action})
	if err != nil {
		return result.Result, err
	}
	for try := 0; ; try++ {
		answer, err := a.post(ctx, body)
		if err == nil {
			err = json.Unmarshal(answer, &result)
		}
		if err == nil || ctx.Err() != nil {
			return result.Result, err
		}
		if try >= a.retry.maxRetries {
			return result.Result, &exception{ioException, err.Error(), err, nil}
		}
		pause := jitter(a.retry.wait(try))
		a.log.Warn("action not answered", "task", a.task.ID, "error", err, "again", pause)
		if err := a.clock.Sleep(ctx, pause); err != nil {
			return result.Result, err
		}
	}
}

func (a *Actions) post(ctx context.Context, body []byte) ([]byte, error) {
	header := http.Header{"Content-Type": {"application/json"}}
	resp, err := a.overlord.Do(ctx, http.MethodPost, "/druid/indexer/v1/action", body, header)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxActionAnswer))
	if err != nil {
		return nil, err
	}
	if resp.StatusCode/100 != 2 {
		return nil, fmt.Errorf("Error with status[%s] and message[%s]. Check overlord logs for details.", resp.Status, bytes.TrimSpace(answer))
	}
	return answer, nil
}

// The actions, written as TaskAction's subtypes.

// Locks returns the locks that the task holds.
func (a *Actions) Locks(ctx context.Context) ([]druid.TaskLock, error) {
	return submit[[]druid.TaskLock](ctx, a, struct {
		Type string `json:"type"`
	}{"lockList"})
}

// TryLock asks for an exclusive lock; nil is a refusal.
func (a *Actions) TryLock(ctx context.Context, i druid.Interval) (*druid.TaskLock, error) {
	return submit[*druid.TaskLock](ctx, a, struct {
		Type     string `json:"type"`
		LockType string `json:"lockType"`
		Interval string `json:"interval"`
	}{"lockTryAcquire", "EXCLUSIVE", i.String()})
}

// Publish inserts the segments, all or none, and reports whether they were inserted.
func (a *Actions) Publish(ctx context.Context, segments []druid.DataSegment) (bool, error) {
	result, err := submit[struct {
		Success bool `json:"success"`
	}](ctx, a, struct {
		Type          string              `json:"type"`
		Segments      []druid.DataSegment `json:"segments"`
		StartMetadata *struct{}           `json:"startMetadata"`
		EndMetadata   *struct{}           `json:"endMetadata"`
	}{"segmentTransactionalInsert", segments, nil, nil})
	return result.Success, err
}

// Used returns the used segments of the datasource in the intervals.
func (a *Actions) Used(ctx context.Context, dataSource string, intervals []druid.Interval) ([]druid.DataSegment, error) {
	texts := make([]string, len(intervals))
	for i, in := range intervals {
		texts[i] = in.String()
	}
	return submit[[]druid.DataSegment](ctx, a, struct {
		Type       string   `json:"type"`
		DataSource string   `json:"dataSource"`
		Intervals  []string `json:"intervals"`
	}{"segmentListUsed", dataSource, texts})
}

// Unused returns the unused segments of the datasource that lie in the interval.
func (a *Actions) Unused(ctx context.Context, dataSource string, i druid.Interval) ([]druid.DataSegment, error) {
	return submit[[]druid.DataSegment](ctx, a, struct {
		Type       string `json:"type"`
		DataSource string `json:"dataSource"`
		Interval   string `json:"interval"`
	}{"segmentListUnused", dataSource, i.String()})
}

// Nuke removes the segments' rows from the metadata store.
func (a *Actions) Nuke(ctx context.Context, segments ...druid.DataSegment) error {
	return a.change(ctx, "segmentNuke", segments)
}

// UpdateMetadata replaces the segments' rows in the metadata store.
func (a *Actions) UpdateMetadata(ctx context.Context, segments ...druid.DataSegment) error {
	return a.change(ctx, "segmentMetadataUpdate", segments)
}

func (a *Actions) change(ctx context.Context, action string, segments []druid.DataSegment) error {
	_, err := submit[json.RawMessage](ctx, a, struct {
		Type     string              `json:"type"`
		Segments []druid.DataSegment `json:"segments"`
	}{action, segments})
	return err
}
