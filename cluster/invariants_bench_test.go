//go:build unix

package cluster_test

import (
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"oakmoot/cluster"
	"oakmoot/internal/stage/invariant"
)

// BenchmarkInvariants runs the quickstart for ten minutes of its own time, with all
// invariants and without any, and reports the processor time that a second of it takes.
// What differs is less than two runs differ anyhow: count the samples of a profile of "on",
//
//	go test ./cluster -run '^$' -bench BenchmarkInvariants/on -benchtime 1x -cpuprofile cpu
//	go tool pprof -top -cum -focus 'stage/invariant|guard|asker' cluster.test cpu
func BenchmarkInvariants(b *testing.B) {
	for _, c := range []struct {
		name string
		off  []string
	}{{"on", nil}, {"off", invariant.Names()}} {
		b.Run(c.name, func(b *testing.B) {
			var spent, lasted time.Duration
			for b.Loop() {
				before := processorTime(b)
				lasted += quickstartFor(b, 10*time.Minute, c.off)
				spent += processorTime(b) - before
			}
			b.ReportMetric(float64(spent.Microseconds())/lasted.Seconds(), "cpu-µs/s")
		})
	}
}

// quickstartFor runs the quickstart in virtual time, and returns how long that was.
func quickstartFor(b *testing.B, length time.Duration, off []string) time.Duration {
	b.Helper()
	topo := cluster.Quickstart()
	topo.RunFor = cluster.Span{Duration: length, Set: true}
	topo.Invariants.Off = off
	ok := testing.RunTests(func(_, _ string) (bool, error) { return true, nil }, []testing.InternalTest{{Name: "quickstart", F: func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c, err := cluster.New(topo, cluster.InMemory())
			if err == nil {
				err = c.Run(t.Context())
			}
			if err != nil {
				t.Error(err)
			}
		})
	}}})
	if !ok {
		b.Fatal("the quickstart failed")
	}
	return length
}

// processorTime is what the process has had of the processors so far.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
