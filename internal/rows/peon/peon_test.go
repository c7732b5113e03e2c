package peon

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
)

// peonOf prepares a task that needs no other process.
func peonOf(t *testing.T, task string, more ...Kind) *Peon {
	t.Helper()
	parsed, err := druid.ParseTask([]byte(task), 0)
	if err != nil {
		t.Fatalf("parse task: %v", err)
	}
	cfg := Config{Task: parsed, Kinds: more}
	cfg.Log = hclog.NewNullLogger()
	return New(cfg)
}

func TestNoopSleepsItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		status, err := peonOf(t, `{"type":"noop","runTime":90000,"firehose":{"type":"inline","data":""}}`).Run(t.Context())
		if err != nil || status.Status != druid.TaskSuccess || time.Since(began) != 90*time.Second {
			t.Errorf("got %+v %v after %v, want a success after 90 s", status, err, time.Since(began))
		}
	})
}

func TestStoppedTaskHasNoResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stop := errors.New("stopped by hand")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(stop) })
		status, err := peonOf(t, `{"type":"noop","runTime":90000}`).Run(ctx)
		if !errors.Is(err, stop) || status.Status != druid.TaskFailed || status.ErrorMsg != "" {
			t.Errorf("got %+v %v, want FAILED without a message and the cause", status, err)
		}
	})
}

func TestTasksThatNobodyRuns(t *testing.T) {
	compact := `{"type":"compact","id":"c","dataSource":"ds"}`
	status, err := peonOf(t, compact).Run(t.Context())
	if err != nil || status.Status != druid.TaskFailed || !strings.Contains(status.ErrorMsg, "compact") {
		t.Errorf("got %+v %v, want FAILED with the type in its message", status, err)
	}
	brought := Kind{Type: "compact", Restorable: true, Run: func(context.Context, *Peon) error { return nil }}
	if status, err := peonOf(t, compact, brought).Run(t.Context()); err != nil || status.Status != druid.TaskSuccess {
		t.Errorf("a kind that was brought along: got %+v %v, want a success", status, err)
	}
	task := druid.Task{Type: "compact"}
	if Restorable(task, nil) || !Restorable(task, []Kind{brought}) {
		t.Error("only the kind that says so is restorable")
	}
}
