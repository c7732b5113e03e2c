package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"oakmoot/cluster"
	"oakmoot/control"
	"oakmoot/internal/run/loop"
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

// assigned waits until every segment is queued for a server other than the first, or
// served by one, as the coordinator and the status have it.
func (r *running) assigned(ctx context.Context, segments int) error {
	leader, err := r.Leader(ctx, "coordinator")
	if err != nil {
		return err
	}
	for {
		found, err := r.served(ctx) // first: what is loaded meanwhile is counted late, not twice
		if err != nil {
			return err
		}
		queued, err := r.queued(ctx, leader)
		if err != nil {
			return err
		}
		if found+queued >= segments {
			return nil
		}
		if err := loop.Sleep(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
}

// served counts what all servers but the first announce.
func (r *running) served(ctx context.Context) (sum int, err error) {
	status, err := r.Status(ctx)
	for _, s := range status.Segments {
		if s.Node != "historical-1" && !s.Gone {
			sum += s.Count
		}
	}
	return sum, err
}

// queued counts what a coordinator has in its load queues.
func (r *running) queued(ctx context.Context, leader string) (sum int, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+leader+"/druid/coordinator/v1/loadqueue?simple", nil)
	if err != nil {
		return 0, err
	}
	answer, err := r.HTTPClient().Do(req)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	var queues map[string]struct {
		SegmentsToLoad int `json:"segmentsToLoad"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&queues); err != nil {
		return 0, fmt.Errorf("the load queues of %s: %s: %w", leader, answer.Status, err)
	}
	for _, q := range queues {
		sum += q.SegmentsToLoad
	}
	return sum, nil
}
