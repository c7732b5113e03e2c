package zkembed

import (
	"context"
	"sync"
)

// TB is the part of testing.TB that RunT needs.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
	Cleanup(func())
	Context() context.Context
}

// RunT runs a server for the length of a test and returns once it serves. When
// the test ends, nothing of it is left. With several Options the last one counts.
func RunT(t TB, opts ...Options) *Server {
	t.Helper()
	var o Options
	if len(opts) > 0 {
		o = opts[len(opts)-1]
	}
	s := New(o)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	stop := sync.OnceValue(func() error { cancel(); return <-done })
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Errorf("zkembed: %v", err)
		}
	})
	select {
	case err := <-done:
		done <- err
		t.Fatalf("zkembed: %v", err)
	case <-s.Ready():
	}
	return s
}
