//go:build interop

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"oakmoot/cluster"
	"oakmoot/interop/real"
)

// beside has a real coordinator and then ours, each a process of its own, load all
// segments on historicals in this process. The store is PostgreSQL, which both read.
func beside(historicals int) func(context.Context, int) (point, error) {
	return func(ctx context.Context, segments int) (p point, err error) {
		p.Values = map[string]float64{}
		for _, of := range []struct {
			prefix string
			launch func(ctx context.Context, at real.Place, dir string) (coordinating, error)
		}{{"java ", theirs}, {"", ours}} {
			took, cpu, rss, err := drive(ctx, historicals, segments, of.launch)
			if err != nil {
				return p, fmt.Errorf("%stime: %w", of.prefix, err)
			}
			p.Values[of.prefix+"time"] = took.Seconds()
			p.Values[of.prefix+"cpu"] = cpu.Seconds()
			p.Values[of.prefix+"rss"] = float64(rss) / mib
		}
		return p, nil
	}
}

// coordinating is a coordinator in a process of its own.
type coordinating struct {
	pid int
	end func()
}

func drive(ctx context.Context, historicals, segments int, launch func(context.Context, real.Place, string) (coordinating, error)) (took, cpu time.Duration, rss int64, err error) {
	dir, err := os.MkdirTemp("", "scale-beside-*")
	if err != nil {
		return 0, 0, 0, err
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil { // PostgreSQL runs as another user
		return 0, 0, 0, err
	}
	store, err := real.Postgres(ctx, filepath.Join(dir, "postgresql"))
	if store != nil {
		defer store.Destroy()
	}
	if err != nil {
		return 0, 0, 0, err
	}
	topo := topologyOf(historicals, segments, 1)
	topo.Roles = append(topo.Roles, cluster.Role{Kind: "coordinator", External: true})
	topo.Metadata = cluster.Metadata{Kind: "postgresql", Connect: store.Login()}
	data := filepath.Join(dir, "ours")
	c, err := cluster.New(topo, cluster.DataDir(data))
	if err != nil {
		return 0, 0, 0, err
	}
	inner, leave := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- c.Run(inner) }()
	defer func() { leave(); err = errors.Join(err, <-ended) }()
	select {
	case <-c.Opened():
	case <-ctx.Done():
		return 0, 0, 0, ctx.Err()
	}
	at := c.Addresses()
	by, err := launch(ctx, real.Place{
		ZooKeeper: at.ZooKeeper, Base: at.Base, Discovery: "/druid/discovery", SessionTimeout: 30 * time.Second,
		Segments: filepath.Join(data, "segments"), TaskLogs: filepath.Join(data, "task-logs"), Postgres: store,
	}, filepath.Join(dir, "coordinator"))
	if err != nil {
		return 0, 0, 0, err
	}
	defer by.end()
	select {
	case <-c.Ready():
	case <-ctx.Done():
		return 0, 0, 0, errors.Join(ctx.Err(), fmt.Errorf("still missing: %v", c.Waiting()))
	}
	if err := c.WaitFor(ctx, fmt.Sprintf("used(%s) == %d", dataSource, segments)); err != nil {
		return 0, 0, 0, err
	}
	began := time.Now()
	before, err := cpuOf(by.pid)
	if err != nil {
		return 0, 0, 0, err
	}
	if err := c.WaitFor(ctx, fmt.Sprintf("served(%s) == %d", dataSource, segments)); err != nil {
		return 0, 0, 0, err
	}
	took = time.Since(began)
	after, err := cpuOf(by.pid)
	if err != nil {
		return 0, 0, 0, err
	}
	rss, err = mostMemory(by.pid)
	return took, after - before, rss, err
}

func theirs(ctx context.Context, at real.Place, dir string) (coordinating, error) {
	kit, err := real.Open(ctx)
	if err != nil {
		return coordinating{}, err
	}
	druid, err := kit.Druid(ctx, real.Druid014)
	if err != nil {
		return coordinating{}, err
	}
	druid.Heap = "2g"
	p, err := druid.Launch("coordinator", dir, at, nil)
	if err != nil {
		return coordinating{}, err
	}
	return coordinating{p.PID(), p.Destroy}, nil
}

// oursTopology is a coordinator alone, which joins what is there.
const oursTopology = `[zookeeper]
mode = "external"
connect = %q

[metadata]
kind = "postgresql"
connect = %q

[[role]]
kind = "coordinator"
`

func ours(ctx context.Context, at real.Place, dir string) (coordinating, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return coordinating{}, err
	}
	binary := filepath.Join(dir, "oakmoot")
	if out, err := exec.CommandContext(ctx, "go", "build", "-C", "../..", "-o", binary, ".").CombinedOutput(); err != nil {
		return coordinating{}, fmt.Errorf("%w: %s", err, out)
	}
	file := filepath.Join(dir, "coordinator.toml")
	if err := os.WriteFile(file, fmt.Appendf(nil, oursTopology, at.ZooKeeper, at.Postgres.Login()), 0o644); err != nil {
		return coordinating{}, err
	}
	cmd := exec.Command(binary, "up", "--log-level", "error", "--data", filepath.Join(dir, "data"), "--listen", "127.0.0.1:0", file)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return coordinating{}, err
	}
	return coordinating{cmd.Process.Pid, func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait() // it was interrupted
	}}, nil
}
