package peon

import (
	"context"
	"time"
)

// runNoop sleeps: NoopTask of Druid. Its firehose is accepted but not connected;
// isReadyTime and isReadyResult concern only the overlord.
func runNoop(ctx context.Context, p *Peon) error {
	task, err := p.Task.Noop()
	if err != nil {
		return err
	}
	p.Log.Info("sleeping", "millis", task.RunTime)
	if err := p.Clock.Sleep(ctx, time.Duration(task.RunTime)*time.Millisecond); err != nil {
		return err
	}
	p.Log.Info("woke up")
	return nil
}
