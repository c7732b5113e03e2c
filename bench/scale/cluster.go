package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"oakmoot/cluster"
	"oakmoot/control"
)

// dataSource is the datasource of all measurements.
const dataSource = "big"

// topologyOf is a cluster of so many historicals.
func topologyOf(historicals int, segments, replicas int, others ...string) cluster.Topology {
	seed := int64(1)
	topo := cluster.Topology{
		Seed:     &seed,
		Defaults: cluster.Defaults{LogLevel: "error", Announcer: "batch"},
		Roles:    []cluster.Role{{Kind: "historical", Count: historicals, MaxSize: cluster.Size{Bytes: 1 << 50, Set: true}}},
	}
	for _, kind := range others {
		topo.Roles = append(topo.Roles, cluster.Role{Kind: kind})
	}
	if segments > 0 {
		topo.DataSources = []cluster.DataSource{{
			Name: dataSource, SegmentGranularity: "HOUR", Generate: cluster.Generate{Segments: segments},
			Rules: []cluster.LoadRule{{Type: "loadForever", TieredReplicants: map[string]int{"_default_tier": replicas}}},
		}}
	}
	return topo
}

// unthrottled lets a coordinator assign as fast as it can: Druid's own limits let it
// assign ten replicas a run.
const unthrottled = `configure json {"replicationThrottleLimit": 1000000, "replicantLifetime": 1000}`

// running is a cluster that runs in this process.
type running struct {
	*cluster.Cluster
	ready time.Duration // from the start
	end   func() error
}

// start starts a cluster and waits until it is ready.
func start(ctx context.Context, topo cluster.Topology) (*running, error) {
	dir, err := os.MkdirTemp("", "scale-*")
	if err != nil {
		return nil, err
	}
	began := time.Now()
	c, err := cluster.New(topo, cluster.DataDir(dir), control.On("127.0.0.1:0", ""))
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	inner, leave := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- c.Run(inner) }()
	r := &running{Cluster: c, end: func() error {
		leave()
		return errors.Join(<-ended, os.RemoveAll(dir))
	}}
	select {
	case <-c.Ready():
		r.ready = time.Since(began)
		return r, nil
	case err := <-ended:
		leave()
		return nil, errors.Join(fmt.Errorf("the cluster ended before it was ready: %w", err), os.RemoveAll(dir))
	}
}

// timed is how long a condition takes to come true.
func (r *running) timed(ctx context.Context, condition string, args ...any) (time.Duration, error) {
	began := time.Now()
	err := r.WaitFor(ctx, fmt.Sprintf(condition, args...))
	return time.Since(began), err
}
