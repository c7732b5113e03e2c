package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"runtime"
	"time"

	"oakmoot/cluster"
	"oakmoot/internal/run/loop"
)

// measurements are the rows of the table, in order.
var measurements = []measurement{
	{
		name: "nodes", what: "Nodes in one process, without segments", by: "historicals",
		wanted: "1,000 ready in under 20 s, under 1 GiB, idle under 10 % of a core, 300 KiB a node",
		sizes:  []int{10, 30, 100, 300, 1000}, limit: 5 * time.Minute, point: nodes,
	},
	{
		name: "assign", what: "First assignment, two replicas, 100 historicals", by: "segments",
		wanted: "2,000 segments a second or more, all four protocols included; views under 50 ms whatever the size",
		sizes:  []int{1000, 10_000, 30_000, 100_000}, limit: 10 * time.Minute, point: assign,
	},
	{
		name: "lost", what: "A server that holds everything is lost, ten others take over", by: "segments",
		wanted: "100,000 segments assigned anew within 30 s",
		sizes:  []int{1000, 10_000, 100_000}, limit: 10 * time.Minute, point: lost,
	},
	{
		name: "task", what: "One index task that makes segments of one row", by: "segments",
		wanted: "10,000 in 20 s",
		sizes:  []int{100, 1000, 10_000}, limit: 10 * time.Minute, point: indexTask,
	},
	beside100, beside500,
}

// nodes is a cluster without segments: how long it takes to be ready, and what it costs
// while nothing happens.
func nodes(ctx context.Context, historicals int) (p point, err error) {
	m, err := newMeter()
	if err != nil {
		return p, err
	}
	c, err := start(ctx, topologyOf(historicals, 0, 1, "coordinator", "broker"))
	if err != nil {
		return p, err
	}
	if _, err := c.timed(ctx, "announced(historical) == %d", historicals); err != nil {
		return p, err
	}
	took, cpu, err := m.read()
	if err != nil {
		return p, err
	}
	const quiet = 20 * time.Second
	if err := loop.Sleep(ctx, 5*time.Second); err != nil { // until the first periods are over
		return p, err
	}
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	still, err := newMeter()
	if err != nil {
		return p, err
	}
	if err := loop.Sleep(ctx, quiet); err != nil {
		return p, err
	}
	_, idle, err := still.read()
	if err != nil {
		return p, err
	}
	rss, err := mostMemory(os.Getpid())
	if err != nil {
		return p, err
	}
	p.Values = map[string]float64{
		"ready": took.Seconds(), "cpu": cpu.Seconds(), "rss": float64(rss) / mib,
		"idle": 100 * idle.Seconds() / quiet.Seconds(),
		"node": float64(stats.HeapInuse+stats.StackInuse) / 1024 / float64(historicals),
	}
	return p, c.end()
}

// assign has every segment loaded twice.
func assign(ctx context.Context, segments int) (p point, err error) {
	const historicals = 100
	c, err := start(ctx, topologyOf(historicals, segments, 2, "coordinator", "broker"))
	if err != nil {
		return p, err
	}
	m, err := newMeter()
	if err != nil {
		return p, err
	}
	if _, err := c.Do(ctx, unthrottled); err != nil {
		return p, err
	}
	published, err := c.timed(ctx, "used(%s) == %d", dataSource, segments)
	if err != nil {
		return p, err
	}
	if _, err := c.timed(ctx, "replicas(%s) == %d", dataSource, 2*segments); err != nil {
		return p, err
	}
	took, cpu, err := m.read()
	if err != nil {
		return p, err
	}
	p.Values = map[string]float64{
		"publish": published.Seconds(), "time": took.Seconds(), "cpu": cpu.Seconds(), "rate": float64(2*segments) / took.Seconds(),
	}
	if err := looks(ctx, c, p.Values); err != nil {
		return p, err
	}
	rss, err := mostMemory(os.Getpid())
	p.Values["rss"] = float64(rss) / mib
	if err != nil {
		return p, err
	}
	return p, c.end()
}

// looks is how long each way to look at the cluster takes, the best of five.
func looks(ctx context.Context, c *running, into map[string]float64) error {
	base := "http://" + c.Addresses().Control
	get := func(path string) func() error {
		return func() error {
			answer, err := http.Get(base + path)
			if err != nil {
				return err
			}
			defer answer.Body.Close()
			if _, err := io.Copy(io.Discard, answer.Body); err != nil {
				return err
			}
			if answer.StatusCode != http.StatusOK {
				return fmt.Errorf("GET %s: %s", path, answer.Status)
			}
			return nil
		}
	}
	for name, look := range map[string]func() error{
		"status": get("/api/status"), "page": get("/"),
		"trace": func() error {
			ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
			defer cancel()
			steps := 0
			for _, err := range c.Trace(ctx, 0) {
				if err != nil {
					return err
				}
				if steps++; steps == 1000 {
					break
				}
			}
			return nil
		},
		"condition": func() error { return c.WaitFor(ctx, fmt.Sprintf("served(%s) > 0 and queued() < 1000000", dataSource)) },
		"query": func() error {
			_, err := c.Query(ctx, fmt.Appendf(nil, `{"queryType":"timeseries","dataSource":%q,"granularity":"all",`+
				`"intervals":["2000-01-03/2000-01-04"],"aggregations":[{"type":"count","name":"n"}]}`, dataSource))
			return err
		},
	} {
		best := math.Inf(1)
		for range 5 {
			began := time.Now()
			if err := look(); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			best = min(best, float64(time.Since(began).Microseconds())/1000)
		}
		into[name] = best
	}
	return nil
}

// lost has one server hold every segment, and stops it once ten others are there: how long
// it takes until each segment is in the load queue of another or served by it, and until
// all are served.
func lost(ctx context.Context, segments int) (p point, err error) {
	c, err := start(ctx, topologyOf(1, segments, 1, "coordinator"))
	if err != nil {
		return p, err
	}
	if _, err := c.timed(ctx, "replicas(%s) == %d and queued() == 0", dataSource, segments); err != nil {
		return p, err
	}
	if _, err := c.Do(ctx, "scale historical count 11"); err != nil {
		return p, err
	}
	if _, err := c.timed(ctx, "announced(historical) == 11"); err != nil {
		return p, err
	}
	m, err := newMeter()
	if err != nil {
		return p, err
	}
	if _, err := c.Do(ctx, "stop historical-1"); err != nil {
		return p, err
	}
	if err := c.assigned(ctx, segments); err != nil {
		return p, err
	}
	assigned, _, err := m.read()
	if err != nil {
		return p, err
	}
	if _, err := c.timed(ctx, "segments(historical-1) == 0 and served(%s) == %d", dataSource, segments); err != nil {
		return p, err
	}
	took, cpu, err := m.read()
	if err != nil {
		return p, err
	}
	rss, err := mostMemory(os.Getpid())
	if err != nil {
		return p, err
	}
	p.Values = map[string]float64{
		"assigned": assigned.Seconds(), "time": took.Seconds(), "cpu": cpu.Seconds(), "rate": float64(segments) / took.Seconds(), "rss": float64(rss) / mib,
	}
	return p, c.end()
}

// indexTask is one task over a row of each of as many hours.
func indexTask(ctx context.Context, segments int) (p point, err error) {
	c, err := start(ctx, topologyOf(1, 0, 1, "coordinator", "overlord", "middlemanager", "broker"))
	if err != nil {
		return p, err
	}
	rows := make([]any, segments)
	for i := range rows {
		rows[i] = map[string]any{"at": time.UnixMilli(int64(i) * time.Hour.Milliseconds()).UTC().Format(time.RFC3339), "page": "home"}
	}
	m, err := newMeter()
	if err != nil {
		return p, err
	}
	in, err := c.Ingest(ctx, cluster.DataSource{
		Name: "rows", Timestamp: "at", Dimensions: []string{"page"}, SegmentGranularity: "HOUR",
	}, rows...)
	if err != nil {
		return p, err
	}
	if in.Taken() != int64(segments) {
		return p, fmt.Errorf("%s", in)
	}
	took, cpu, err := m.read()
	if err != nil {
		return p, err
	}
	served, err := c.timed(ctx, "served(rows) == %d", segments)
	if err != nil {
		return p, err
	}
	rss, err := mostMemory(os.Getpid())
	if err != nil {
		return p, err
	}
	p.Values = map[string]float64{
		"time": took.Seconds(), "next": served.Seconds(), "cpu": cpu.Seconds(), "rate": float64(segments) / took.Seconds(), "rss": float64(rss) / mib,
	}
	return p, c.end()
}
