package zkembed

import (
	"context"

	"oakmoot/internal/run/testrun"
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
	testrun.Run(t, testrun.Life{Name: "zkembed", Run: s.Run, Ready: s.Ready()})
	return s
}
