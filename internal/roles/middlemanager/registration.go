package middlemanager

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/zk/announce"
	"oakmoot/internal/zk/zkconn"
)

// The worker side of the registration: WorkerCuratorCoordinator of Druid.

// defaultCapacity is druid.worker.capacity when nobody sets it.
func defaultCapacity() int { return max(1, runtime.NumCPU()-1) }

// createDirs makes the worker's two persistent directories; existing ones stay
// as they are. They must be there before the worker is announced: an overlord
// that loses the worker lists them.
func createDirs(ctx context.Context, zc zkconn.Conn, cfg Config, maxZnodeBytes int) error {
	worker := cfg.Self.HostAndPort()
	for _, path := range []string{cfg.Paths.TasksOf(worker), cfg.Paths.StatusesOf(worker)} {
		data, err := druid.Marshal(map[string]string{"created": druid.At(time.Now()).String()})
		if err != nil {
			return fmt.Errorf("create %s: %w", path, err)
		}
		if err := createIfMissing(ctx, zc, path, data, maxZnodeBytes); err != nil {
			return err
		}
	}
	return nil
}

// createIfMissing is CuratorUtils.createIfNotExists of Druid.
func createIfMissing(ctx context.Context, zc zkconn.Conn, path string, data []byte, limit int) error {
	if len(data) > limit {
		return fmt.Errorf("create %s: %w", path, oversizeError{len(data), limit})
	}
	stat, err := zc.Exists(ctx, path)
	if err != nil || stat != nil {
		return err
	}
	if _, err := zc.CreateParents(ctx, path, data, zkconn.Persistent); err != nil && !errors.Is(err, zkconn.ErrNodeExists) {
		return err
	}
	return nil
}

// oversizeError is a payload above druid.indexer.runner.maxZnodeBytes.
type oversizeError struct{ size, limit int }

func (e oversizeError) Error() string {
	return fmt.Sprintf("length of raw bytes %d too large (> %d)", e.size, e.limit)
}

// announceWorker puts the worker up for assignments. The parent directory stays
// when the worker goes.
func announceWorker(ctx context.Context, a *announce.Announcer, cfg Config, w druid.Worker) error {
	data, err := cfg.Release.Marshal(w)
	if err != nil {
		return fmt.Errorf("announce worker %s: %w", w.Host, err)
	}
	if err := a.Announce(ctx, cfg.Paths.Worker(w.Host), data, false); err != nil {
		return fmt.Errorf("announce worker %s: %w", w.Host, err)
	}
	return nil
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
