package cluster

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestWaitForEndsWithoutADeadlineOfItsOwn(t *testing.T) {
	quiet(t, func(t *testing.T, c *Cluster) {
		start := time.Now()
		err := c.WaitFor(t.Context(), "leaders(coordinator) == 3 or up(historical) + tasks(*) > 5")
		if took := time.Since(start); took < WaitLimit || took > WaitLimit+time.Second {
			t.Errorf("took %v, want %v", took, WaitLimit)
		}
		for _, want := range []string{"does not hold after 30s", "leaders(coordinator) is 1", "up(historical) is 2", "tasks(*) is 0"} {
			if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %q", err, want)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start = time.Now()
		if err := c.WaitFor(ctx, "up(historical) == 3"); err == nil || time.Since(start) < time.Minute {
			t.Errorf("got %v after %v, want the caller's deadline to count", err, time.Since(start))
		}
	})
}

func TestWaitForOfAClusterThatDoesNotRunEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := New(Quickstart(), InMemory())
		if err != nil {
			t.Fatal(err)
		}
		if err := c.WaitFor(t.Context(), "up(broker) == 1"); err == nil || !strings.Contains(err.Error(), "does not run yet") {
			t.Errorf("got %v", err)
		}
	})
}

func TestWaitForRefusesWhatNobodyHas(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := RunT(t, Quickstart(), InMemory())
		start := time.Now()
		for condition, want := range map[string]string{
			"served(flihgts) == used(flights)": `unknown datasource "flihgts"; did you mean "flights"?`,
			"used(wikipedia) > 0":              "one that comes later is written used(wikipedia?)",
			"tasks(SUCESS) == 1":               `did you mean "SUCCESS"?`,
			"tasks(PENDING) == 1":              "unknown task state",
			"leaders(historical) == 1":         "a historical does not lead",
			"leaders(router) == 1":             "a router does not lead",
			"leader(coordinator) == 1":         `did you mean "leaders"?`,
			"up(coordinator-3) == 1":           `did you mean "coordinator-1"?`,
			"up(router) == 0":                  "there is no router",
			"segments(broker) == 0":            "announces no segments",
			"":                                 "something is missing",
			"leaders(coordinator) =":           "means nothing here",
		} {
			if err := c.WaitFor(t.Context(), condition); !errors.Is(err, ErrBadExpression) || !strings.Contains(err.Error(), want) {
				t.Errorf("%q: got %v, want it refused: %q", condition, err, want)
			}
		}
		if took := time.Since(start); took != 0 {
			t.Errorf("took %v, want no time", took)
		}
		// A datasource that comes later may be waited for, and one that a task names is
		// known.
		mustHold(t, c, "used(wikipedia?) == 0")
		if _, err := c.Submit(t.Context(), []byte(`{"type":"noop","id":"n","runTime":0}`)); err != nil {
			t.Fatal(err)
		}
		mustHold(t, c, "used(none) == 0")
	})
}

// fatal is a test that only records how it failed.
type fatal struct {
	testing.TB
	said string
}

func (f *fatal) Fatalf(format string, args ...any) {
	f.said = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func TestClusterOnRealSocketsIsRefusedInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fatal{TB: t}
		done := make(chan bool)
		go func() {
			defer close(done)
			RunT(f, Quickstart())
		}()
		<-done
		if !strings.Contains(f.said, "synctest bubble") || !strings.Contains(f.said, "InMemory()") {
			t.Errorf("got %q", f.said)
		}
		c, err := New(Quickstart())
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Run(t.Context()); !errors.Is(err, errBubble) {
			t.Errorf("Run: got %v", err)
		}
	})
}
