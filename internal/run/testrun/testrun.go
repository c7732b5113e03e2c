// Package testrun runs something for the length of a test: what cluster.RunT and zkembed.RunT have in common.
package testrun

import (
	"context"
	"sync"
	"time"
)

// TB is the part of testing.TB that is used.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
	Cleanup(func())
	Context() context.Context
}

// reader is what else a TB may offer if it shows the logs of a failed test, as testing.TB does.
type reader interface {
	Failed() bool
	Logf(format string, args ...any)
}

// Life is what runs.
type Life struct {
	Name  string // as the test's messages call it
	Run   func(context.Context) error
	Ready <-chan struct{}

	Late    <-chan time.Time // ends the wait for Ready; nil waits without limit
	Waiting func() string    // says what Ready waits for

	// LastWords is for the log of a failed test. It is asked while everything still runs, unless the failure showed
	// only at the end; "" logs nothing.
	LastWords func() string
}

// Run begins the life and returns once it is ready. When the test ends, Run's cleanup ends the life and waits for it;
// its error fails the test.
func Run(t TB, l Life) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	stop := sync.OnceValue(func() error { cancel(); return <-done })
	t.Cleanup(func() {
		said := l.sayLastWords(t)
		if err := stop(); err != nil {
			t.Errorf("%s: %v", l.Name, err)
		}
		if !said {
			l.sayLastWords(t)
		}
	})
	select {
	case err := <-done:
		done <- err
		t.Fatalf("%s ended before it was ready: %v", l.Name, err)
	case <-l.Ready:
	case <-l.Late:
		t.Fatalf("%s: not ready after %s", l.Name, l.Waiting())
	}
}

// sayLastWords logs them if the test has failed, and reports whether it has.
func (l Life) sayLastWords(t TB) bool {
	r, ok := t.(reader)
	if !ok || !r.Failed() {
		return false
	}
	if l.LastWords == nil {
		return true
	}
	if words := l.LastWords(); words != "" {
		r.Logf("%s: %s", l.Name, words)
	}
	return true
}
