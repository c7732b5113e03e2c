package peon

import (
	"context"
	"errors"
	"fmt"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/ingest"
	"oakmoot/internal/rows/segment"
)

// Defaults of IndexTuningConfig that are filled in only when the task runs.
const (
	defaultMaxRowsPerSegment = 5_000_000
	defaultMaxTotalRows      = 20_000_000
	defaultMaxBytesInMemory  = 256 << 20
)

// indexing is one run of an index task: IndexTask of Druid.
type indexing struct {
	peon      *Peon
	spec      druid.IndexSpec
	schema    *ingest.Schema
	indexSpec segment.IndexSpec
	progress  *progress
}

// runIndex reads the input, once or twice, builds segments, and publishes them in one
// transaction. However it ends, it leaves a report, unless it is stopped.
func runIndex(ctx context.Context, p *Peon) error {
	task, err := p.Task.Index()
	if err != nil {
		return err
	}
	x := &indexing{peon: p, spec: task.Spec, progress: newProgress(p.Clock, task.Spec.TuningConfig.MaxSavedParseExceptions)}
	defer p.RegisterChat(p.Task.ID, x.progress.chat())()
	if err = x.prepare(); err == nil {
		err = x.run(ctx)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	msg := ""
	if err != nil {
		msg = stackTrace(err)
	}
	report, rerr := x.progress.report(p.Task.ID, msg)
	p.report = report
	return errors.Join(err, rerr)
}

// prepare creates what the spec describes. Druid does so when it first needs the
// parser, which is in the first phase that reads.
func (x *indexing) prepare() error {
	x.progress.enter(determinePartitions)
	var err error
	if x.indexSpec, err = indexSpecOf(x.spec.TuningConfig.IndexSpec); err != nil {
		return &exception{class: illegalArgument, msg: "indexSpec: " + err.Error(), cause: err}
	}
	x.schema, err = ingest.NewSchema(x.spec.DataSchema)
	var known *ingest.Exception
	if err != nil && !errors.As(err, &known) {
		err = &exception{class: illegalArgument, msg: err.Error(), cause: err}
	}
	if err == nil {
		err = x.schema.Text()
	}
	if err != nil && !x.readsTwice() {
		x.progress.enter(buildSegments)
	}
	return err
}

// readsTwice reports whether the input is read before segments are built.
func (x *indexing) readsTwice() bool {
	_, given, err := x.spec.DataSchema.GranularitySpec.BucketIntervals()
	return err != nil || !given || x.guaranteedRollup() && x.spec.TuningConfig.NumShards == nil
}

func (x *indexing) run(ctx context.Context) error {
	x.progress.enter(determinePartitions)
	given, isGiven, err := x.spec.DataSchema.GranularitySpec.BucketIntervals()
	if err != nil {
		return err
	}
	plan, err := x.plan(ctx, given, isGiven)
	if err != nil {
		return err
	}
	if plan.versions, err = x.versions(ctx, plan.buckets, isGiven); err != nil {
		return err
	}
	x.progress.enter(buildSegments)
	segments, err := x.build(ctx, plan)
	if err != nil {
		return err
	}
	if err := x.publish(ctx, segments); err != nil {
		return inBackground(err)
	}
	x.progress.enter(completed)
	t := x.progress.rowStats(true).Totals.Build
	x.peon.Log.Info("processed events", "processed", t.Processed, "unparseable", t.Unparseable, "thrownAway", t.ThrownAway, "segments", len(segments))
	return nil
}

// guaranteedRollup reports whether every combination of dimensions must end up in
// one row of one segment.
func (x *indexing) guaranteedRollup() bool { return x.spec.TuningConfig.ForceGuaranteedRollup }

// versions returns the versions of the future segments, by locked interval. If the spec
// has intervals, the overlord took the locks before the task ran.
func (x *indexing) versions(ctx context.Context, buckets []druid.Interval, given bool) (map[druid.Interval]string, error) {
	versions := make(map[druid.Interval]string)
	if given {
		locks, err := x.peon.Actions.Locks(ctx)
		for _, lock := range locks {
			versions[lock.Interval] = lock.Version
		}
		return versions, err
	}
	for _, interval := range compact(buckets) {
		lock, err := x.peon.Actions.TryLock(ctx, interval)
		if err != nil {
			return nil, err
		}
		if lock == nil {
			return nil, &exception{nullPointer, fmt.Sprintf("Cannot acquire a lock for interval[%s]", interval), nil, nil}
		}
		versions[interval] = lock.Version
	}
	return versions, nil
}

// versionOf finds the version of a bucket.
func versionOf(versions map[druid.Interval]string, bucket druid.Interval) (string, error) {
	if version, locked := versions[bucket]; locked {
		return version, nil
	}
	for locked, version := range versions {
		if locked.Contains(bucket) {
			return version, nil
		}
	}
	return "", ise("Cannot find a version for interval[%s]", bucket)
}

// publish inserts the segments through the overlord. A refusal may only mean that an
// earlier try succeeded and its answer was lost, so it looks for the segments before it
// gives up and removes their files.
func (x *indexing) publish(ctx context.Context, segments []druid.DataSegment) error {
	if len(segments) == 0 {
		x.peon.Log.Info("nothing to publish, skipping publish step")
		return nil
	}
	ok, err := x.peon.Actions.Publish(ctx, segments)
	if err != nil {
		return err
	}
	if !ok {
		ok, err = x.published(ctx, segments)
	}
	if ok || err != nil {
		return err
	}
	for _, s := range segments {
		if err := x.peon.DeepStorage.Kill(ctx, s); err != nil {
			x.peon.Log.Warn("segment not removed from deep storage", "segment", s.ID(), "error", err)
		}
	}
	return ise("Failed to publish segments.")
}

// published reports whether all of the segments are used: UsedSegmentChecker.
func (x *indexing) published(ctx context.Context, segments []druid.DataSegment) (bool, error) {
	var intervals []druid.Interval
	for _, s := range segments {
		intervals = append(intervals, s.Interval)
	}
	used, err := x.peon.Actions.Used(ctx, x.peon.Task.DataSource, compact(sortIntervals(intervals)))
	if err != nil {
		return false, err
	}
	have := make(map[druid.SegmentID]bool)
	for _, s := range used {
		have[s.ID()] = true
	}
	for _, s := range segments {
		if !have[s.ID()] {
			return false, nil
		}
	}
	return true, nil
}
