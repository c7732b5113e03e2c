//go:build unix

package cluster_test

import (
	"context"
	"fmt"
	"runtime"
	"syscall"
	"testing"
	"time"

	"oakmoot/cluster"
	"oakmoot/control"
)

// BenchmarkHistoricals starts many historicals beside one node of each other kind that
// knows of them, and says how long they take to be ready, what one of them costs in memory,
// and how much of a core they use while nothing happens.
func BenchmarkHistoricals(b *testing.B) {
	for _, n := range []int{10, 100, 400, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				benchmarkHistoricals(b, n)
			}
		})
	}
}

// idleFor is how long the benchmark looks at a cluster in which nothing happens: several
// pings of each session.
const idleFor = 20 * time.Second

func benchmarkHistoricals(b *testing.B, n int) {
	topo := cluster.Topology{Roles: []cluster.Role{
		{Kind: "coordinator"}, {Kind: "overlord"}, {Kind: "broker"}, {Kind: "historical", Count: n},
	}}
	c, err := cluster.New(topo)
	if err != nil {
		b.Fatal(err)
	}
	heap, cpu, began := inUse(), cpuTime(), time.Now()
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-ended; err != nil {
			b.Error(err)
		}
	}()
	select {
	case <-c.Ready():
	case err := <-ended:
		b.Fatal(err)
	}
	b.ReportMetric(time.Since(began).Seconds(), "s-to-ready")
	b.ReportMetric((cpuTime() - cpu).Seconds(), "cpu-s-to-ready")
	b.ReportMetric(float64(inUse()-heap)/float64(n)/1024, "KiB/historical")
	b.ReportMetric(float64(runtime.NumGoroutine())/float64(n), "goroutines/historical")
	cpu = cpuTime()
	time.Sleep(idleFor)
	b.ReportMetric(100*(cpuTime()-cpu).Seconds()/idleFor.Seconds(), "idle-%-of-a-core")
}

// BenchmarkKills kills one of a thousand historicals after the other, and then all that are left, while conditions
// count them and somebody may look back.
func BenchmarkKills(b *testing.B) {
	const kills = 20
	topo := cluster.Topology{
		Roles:   []cluster.Role{{Kind: "coordinator"}, {Kind: "historical", Count: 1000}},
		Steps:   []cluster.Step{{When: "up(historical) == 0", Do: "disconnect coordinator"}},
		Expects: []cluster.Expect{{Always: "leaders(coordinator) == 1"}},
	}
	c, err := cluster.New(topo, control.On("127.0.0.1:0", ""))
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	defer func() {
		cancel()
		<-ended
	}()
	select {
	case <-c.Ready():
	case err := <-ended:
		b.Fatal(err)
	}
	kill := func(selector string) (cpu float64) {
		before := cpuTime()
		if err := c.Kill(ctx, selector); err != nil {
			b.Fatal(err)
		}
		return float64((cpuTime() - before).Milliseconds())
	}
	for b.Loop() {
		one := 0.0
		for i := range kills {
			one += kill(fmt.Sprintf("historical-%d", i+1))
		}
		b.ReportMetric(one/kills, "cpu-ms/kill")
		b.ReportMetric(kill("historical"), "cpu-ms/kill-all")
	}
}

// inUse is the memory that the process cannot give back.
func inUse() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.Sys - m.HeapIdle)
}

// cpuTime is what the process has used.
func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // it only fails for a wrong argument
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
