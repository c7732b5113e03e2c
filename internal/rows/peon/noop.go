package peon

import (
	"context"
	"time"
)

// runNoop sleeps: NoopTask of Druid. Its firehose is accepted and not connected;
// isReadyTime and isReadyResult are the overlord's business.
func runNoop(ctx context.Context, job *Job) error {
	task, err := job.Task.Noop()
	if err != nil {
		return err
	}
	job.Log.Info("sleeping", "millis", task.RunTime)
	timer := time.NewTimer(time.Duration(task.RunTime) * time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
		job.Log.Info("woke up")
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
