//go:build interop

package real

import (
	"context"
	"fmt"
	"path/filepath"
	"time"
)

// HelixVersion is the version of Apache Helix that is fetched.
const HelixVersion = "1.3.1"

// Helix is a fetched Apache Helix, which manages a cluster in ZooKeeper.
type Helix struct {
	*Software
	zookeeper string
}

// Helix fetches Apache Helix, unless it is in the cache.
func (k *Kit) Helix(ctx context.Context, zookeeper string, session time.Duration) (*Helix, error) {
	s, err := k.software(ctx, "Helix", artifact{group: "org.apache.helix", name: "helix-core", version: HelixVersion})
	if err != nil {
		return nil, err
	}
	s.properties = []string{fmt.Sprintf("-Dzk.session.timeout=%d", session.Milliseconds())}
	return &Helix{s, zookeeper}, nil
}

// Controller starts a controller of a cluster: one leads, others wait.
func (h *Helix) Controller(dir, cluster string) (*Process, error) {
	name := filepath.Base(dir)
	return h.launch(name, dir, "128m", dir, "org.apache.helix.controller.HelixControllerMain",
		"--zkSvr", h.zookeeper, "--cluster", cluster, "--mode", "STANDALONE", "--controllerName", name)
}

// Participant starts an instance of a cluster that does as the controller says.
func (h *Helix) Participant(dir, cluster, instance string) (*Process, error) {
	return h.launch(filepath.Base(dir), dir, "128m", dir, "org.apache.helix.examples.DummyParticipant", h.zookeeper, cluster, instance)
}
