package middlemanager

import (
	"context"
	"fmt"
	"runtime"

	"oakmoot/internal/druid"
	"oakmoot/internal/zk/announce"
	"oakmoot/internal/zk/zkconn"
)

// defaultCapacity is druid.worker.capacity when nobody sets it.
func defaultCapacity() int { return max(1, runtime.NumCPU()-1) }

// workerOf is the worker that a configuration describes: WorkerConfig of Druid.
func workerOf(cfg Config) druid.Worker {
	w := druid.Worker{Scheme: "http", Host: cfg.Self.HostAndPort(), IP: cfg.IP, Capacity: cfg.Capacity, Version: cfg.Version}
	if w.IP == "" {
		w.IP = cfg.Props.String("druid.worker.ip", cfg.Self.Host)
	}
	if w.Capacity == 0 {
		w.Capacity = cfg.Props.Int("druid.worker.capacity", defaultCapacity())
	}
	if w.Version == "" {
		w.Version = cfg.Props.String("druid.worker.version", "0")
	}
	return w
}

// registration is the worker's announcement: while it is there, the worker is given tasks.
type registration struct {
	announcer *announce.Announcer
	path      string
	release   druid.Release
	worker    druid.Worker // as configured, that is enabled
}

func newRegistration(cfg Config, zc zkconn.Conn) *registration {
	w := workerOf(cfg)
	return &registration{announcer: announce.NewAnnouncer(zc, cfg.Log), path: cfg.Paths.Worker(w.Host), release: cfg.Release, worker: w}
}

// announce makes the worker known to overlords. The parent directory stays when the
// worker goes.
func (r *registration) announce(ctx context.Context) error {
	data, err := r.release.Marshal(r.worker)
	if err == nil {
		err = r.announcer.Announce(ctx, r.path, data, false)
	}
	if err != nil {
		return fmt.Errorf("announce worker %s: %w", r.worker.Host, err)
	}
	return nil
}

// update announces the worker again, without its version when it is disabled: "" is
// below every minimum version, so no overlord assigns to it. What runs goes on.
func (r *registration) update(ctx context.Context, disabled bool) error {
	w := r.worker
	if disabled {
		w.Version = ""
	}
	data, err := r.release.Marshal(w)
	if err != nil {
		return err
	}
	return r.announcer.Update(ctx, r.path, data)
}

// discoveryNode is the worker's internal-discovery entry. Disabling the worker
// does not change it.
func discoveryNode(self druid.Node, w druid.Worker) druid.DiscoveryNode {
	service, err := druid.Marshal(struct {
		Type     string `json:"type"`
		IP       string `json:"ip"`
		Capacity int    `json:"capacity"`
		Version  string `json:"version"`
	}{"workerNodeService", w.IP, w.Capacity, w.Version})
	if err != nil {
		panic("middlemanager: worker node service: " + err.Error()) // strings and a number always marshal
	}
	return druid.DiscoveryNode{
		Node:     self,
		NodeType: druid.MiddleManager,
		Services: []druid.NodeService{{Key: "workerNodeService", JSON: service}},
	}
}
