package overlord

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/roles/overlord/lockbox"
)

// isReady takes the locks that a task of its kind needs before it runs: Task.isReady.
// again is when to ask once more, if it is only a matter of time.
func isReady(ctx context.Context, l *lockbox.Locks, it *item) (ready bool, again time.Duration, err error) {
	var intervals []druid.Interval
	switch it.task.Type {
	case "noop":
		return noopReady(it)
	case "index", "index_parallel", "index_hadoop":
		intervals, err = bucketed(it.task)
	case "kill", "archive", "move", "restore", "append", "merge", "same_interval_merge":
		intervals, err = fixed(it.task)
	}
	if err != nil {
		return false, 0, err
	}
	for _, interval := range intervals {
		lock, err := l.Try(ctx, it.task, druid.LockExclusive, interval)
		if err != nil || lock == nil {
			return false, 0, err
		}
	}
	return true, 0, nil
}

// errExceptionAsked is what a noop task throws whose isReadyResult is EXCEPTION.
var errExceptionAsked = errors.New("Not ready. Never will be ready. Go away!")

func noopReady(it *item) (ready bool, again time.Duration, err error) {
	noop, err := it.task.Noop()
	if err != nil {
		return false, 0, err
	}
	if left := it.clock.Until(it.created.Time()) + time.Duration(noop.IsReadyTime)*time.Millisecond; left > 0 && noop.IsReadyTime > 0 {
		return false, left, nil
	}
	switch noop.IsReadyResult {
	case "YES":
		return true, 0, nil
	case "NO":
		return false, 0, nil
	}
	return false, 0, errExceptionAsked
}

// bucketed are the buckets of a task that names its intervals, joined where they
// abut. A task that does not locks while it runs.
func bucketed(task druid.Task) ([]druid.Interval, error) {
	var index struct {
		Spec struct {
			DataSchema struct {
				GranularitySpec druid.GranularitySpec `json:"granularitySpec"`
			} `json:"dataSchema"`
		} `json:"spec"`
	}
	if err := json.Unmarshal(task.JSON, &index); err != nil {
		return nil, err
	}
	buckets, given, err := index.Spec.DataSchema.GranularitySpec.BucketIntervals()
	if err != nil || !given {
		return nil, err
	}
	return joined(buckets), nil
}

// joined merges those of some sorted intervals that touch.
func joined(sorted []druid.Interval) []druid.Interval {
	var all []druid.Interval
	for _, i := range sorted {
		if n := len(all); n > 0 && i.Start <= all[n-1].End {
			all[n-1].End = max(all[n-1].End, i.End)
			continue
		}
		all = append(all, i)
	}
	return all
}

// fixed is the one interval of a task that has one, or that spans its segments:
// AbstractFixedIntervalTask.
func fixed(task druid.Task) ([]druid.Interval, error) {
	var t struct {
		Interval *druid.Interval     `json:"interval"`
		Segments []druid.DataSegment `json:"segments"`
	}
	if err := json.Unmarshal(task.JSON, &t); err != nil {
		return nil, err
	}
	if t.Interval != nil {
		return []druid.Interval{*t.Interval}, nil
	}
	if len(t.Segments) == 0 {
		return nil, errors.New("the task has neither interval nor segments")
	}
	span := t.Segments[0].Interval
	for _, s := range t.Segments {
		span.Start, span.End = min(span.Start, s.Interval.Start), max(span.End, s.Interval.End)
	}
	return []druid.Interval{span}, nil
}
