package peon

import (
	"context"
	"time"
)

// runNoop sleeps: NoopTask of Druid. Its firehose is accepted and not connected;
// isReadyTime and isReadyResult are the overlord's business.
func runNoop(ctx context.Context, p *Peon) error {
	task, err := p.Task.Noop()
	if err != nil {
		return err
	}
	p.Log.Info("sleeping", "millis", task.RunTime)
	timer := time.NewTimer(time.Duration(task.RunTime) * time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
		p.Log.Info("woke up")
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
