package cluster

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/run/disk"
	"oakmoot/internal/run/fault"
	"oakmoot/internal/run/fault/diskfault"
	"oakmoot/internal/run/memnet"
)

// supervisedNode runs f beside the supervisor of a node that has nothing but its incarnation,
// and returns the error with which the supervisor ended.
func supervisedNode(t *testing.T, log hclog.Logger, incarnate func(context.Context, *node) error, f func(context.Context, *node)) (err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := &node{place: place{name: "historical-1"}, lives: newLives(), log: log, speak: func() {}}
		n.link = fault.NewLink(memnet.New().DialContext, rand.New(rand.NewPCG(1, 1)))
		n.disk = diskfault.New(disk.OS{}, rand.New(rand.NewPCG(1, 1)))
		n.supervisor = newSupervisor(n, func(ctx context.Context) error { return incarnate(ctx, n) })
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- n.run(ctx) }()
		f(ctx, n)
		cancel()
		err = <-done
	})
	return err
}

// untilTheEnd is a role that is ready at once and does nothing.
func untilTheEnd(ctx context.Context, n *node) error {
	n.markReady()
	<-ctx.Done()
	return ctx.Err()
}

func TestSupervisorCarriesOutItsCommands(t *testing.T) {
	err := supervisedNode(t, hclog.NewNullLogger(), untilTheEnd, func(ctx context.Context, n *node) {
		<-n.ready
		for i, step := range []struct {
			verb    verb
			state   nodeState
			started int64
		}{
			{verbStart, stateUp, 1}, // it is up
			{verbRestart, stateUp, 2},
			{verbStop, stateStopped, 2},
			{verbStop, stateStopped, 2},
			{verbKill, stateKilled, 2}, // nothing is left to kill, but its sessions are not to be said goodbye to any more
			{verbStart, stateUp, 3},
			{verbKill, stateKilled, 3},
			{verbRestart, stateUp, 4},
		} {
			if err := n.tell(ctx, step.verb); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if n.current() != step.state || n.started.Load() != step.started {
				t.Errorf("command %d: got %s after %d incarnations, want %s after %d", i, n.current(), n.started.Load(), step.state, step.started)
			}
		}
	})
	if err != nil {
		t.Errorf("got %v", err)
	}
}

func TestRoleThatEndsByItselfIsAnError(t *testing.T) {
	full := errors.New("the disk is full")
	for want, end := range map[error]error{errEndedByItself: nil, full: full} {
		err := supervisedNode(t, hclog.NewNullLogger(), func(context.Context, *node) error { return end }, func(context.Context, *node) { synctest.Wait() })
		if !errors.Is(err, want) || !strings.HasPrefix(err.Error(), "historical-1: ") {
			t.Errorf("got %v, want %v", err, want)
		}
	}
}

// TestKilledIncarnationIsNotHeard has an incarnation that says that it is ready, and logs,
// after it was killed.
func TestKilledIncarnationIsNotHeard(t *testing.T) {
	log := &heard{}
	err := supervisedNode(t, hclog.New(&hclog.LoggerOptions{Output: log}), func(ctx context.Context, n *node) error {
		voice := n.voice().Named("role")
		voice.Info("alive")
		<-ctx.Done()
		voice.Info("dead")
		n.markReady()
		return ctx.Err()
	}, func(ctx context.Context, n *node) {
		synctest.Wait()
		if err := n.tell(ctx, verbKill); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if said := log.since(); !strings.Contains(said, "role: alive") || strings.Contains(said, "dead") {
			t.Errorf("got the log %q", said)
		}
		if n.current() != stateKilled || closed(n.ready) {
			t.Errorf("got %s, ready %v", n.current(), closed(n.ready))
		}
	})
	if err != nil {
		t.Errorf("got %v", err)
	}
}
