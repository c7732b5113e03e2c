package peon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/deepstore"
)

// The tasks that work on unused segments of one locked interval: KillTask,
// ArchiveTask, MoveTask and RestoreTask of Druid.

// unusedUnderLock checks that the task holds exactly the lock on its interval, and
// lists the unused segments, none of which may be newer than the lock.
func unusedUnderLock(ctx context.Context, p *Peon, dataSource string, interval druid.Interval, verb string) ([]druid.DataSegment, error) {
	locks, err := p.Actions.Locks(ctx)
	if err != nil {
		return nil, err
	}
	if len(locks) != 1 {
		return nil, &exception{illegalArgument, fmt.Sprintf("expected one element but was: %d locks", len(locks)), nil, nil}
	}
	lock := locks[0]
	if lock.DataSource != dataSource {
		return nil, ise("WTF?! Lock dataSource[%s] != task dataSource[%s]", lock.DataSource, dataSource)
	}
	if lock.Interval != interval {
		return nil, ise("WTF?! Lock interval[%s] != task interval[%s]", lock.Interval, interval)
	}
	unused, err := p.Actions.Unused(ctx, dataSource, interval)
	if err != nil {
		return nil, err
	}
	for _, s := range unused {
		if s.Version > lock.Version {
			return nil, ise("WTF?! Unused segment[%s] has version[%s] > task version[%s]", s.ID(), s.Version, lock.Version)
		}
		p.Log.Info("OK to "+verb+" segment", "segment", s.ID())
	}
	return unused, nil
}

func ise(format string, args ...any) error {
	return &exception{illegalState, fmt.Sprintf(format, args...), nil, nil}
}

// runKill deletes the files first and then the row: a crash in between leaves a row
// that the next kill task will find.
func runKill(ctx context.Context, p *Peon) error {
	task, err := p.Task.Kill()
	if err != nil {
		return err
	}
	unused, err := unusedUnderLock(ctx, p, p.Task.DataSource, task.Interval, "kill")
	if err != nil {
		return err
	}
	for _, s := range unused {
		if err := p.DeepStorage.Kill(ctx, s); err != nil {
			return killFailed(err)
		}
		if err := p.Actions.Nuke(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// killFailed is LocalDataSegmentKiller's exception. A status shows only the beginning
// of its text, so a load spec that leads out of deep storage is reported first.
func killFailed(err error) error {
	msg := "Unable to kill segment: "
	var outside *deepstore.OutsideError
	if errors.As(err, &outside) {
		msg = "outside deep storage: "
	}
	return &exception{segmentLoading, msg + err.Error(), err, nil}
}

// relocate moves each segment's files and then rewrites its row. Druid's local storage
// cannot move, archive or restore; ours refuses in the same way.
func relocate(ctx context.Context, p *Peon, interval druid.Interval, verb string, move func(druid.DataSegment) (druid.DataSegment, error)) error {
	unused, err := unusedUnderLock(ctx, p, p.Task.DataSource, interval, verb)
	if err != nil {
		return err
	}
	for _, s := range unused {
		moved, err := move(s)
		if err != nil {
			return &exception{segmentLoading, err.Error(), err, nil}
		}
		if err := p.Actions.UpdateMetadata(ctx, moved); err != nil {
			return err
		}
	}
	return nil
}

func runArchive(ctx context.Context, p *Peon) error {
	task, err := p.Task.Archive()
	if err != nil {
		return err
	}
	return relocate(ctx, p, task.Interval, "archive", func(s druid.DataSegment) (druid.DataSegment, error) {
		return p.DeepStorage.Archive(ctx, s)
	})
}

func runRestore(ctx context.Context, p *Peon) error {
	task, err := p.Task.Restore()
	if err != nil {
		return err
	}
	return relocate(ctx, p, task.Interval, "restore", func(s druid.DataSegment) (druid.DataSegment, error) {
		return p.DeepStorage.Restore(ctx, s)
	})
}

func runMove(ctx context.Context, p *Peon) error {
	task, err := p.Task.Move()
	if err != nil {
		return err
	}
	var target map[string]string
	if len(task.Target) > 0 {
		if err := json.Unmarshal(task.Target, &target); err != nil {
			return &exception{illegalArgument, "target: " + err.Error(), err, nil}
		}
	}
	return relocate(ctx, p, task.Interval, "move", func(s druid.DataSegment) (druid.DataSegment, error) {
		return p.DeepStorage.Move(ctx, s, target)
	})
}
