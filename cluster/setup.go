package cluster

import (
	"context"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/run/disk"
	"oakmoot/internal/run/fault/diskfault"

	"oakmoot/internal/run/metadata"
)

// setup is what a run stands on: opened before anything starts, and closed at the end.
type setup struct {
	dir       *dataDir
	store     *metadata.Store
	zookeeper *ensemble
	nodes     nodes   // of the topology
	roster    *roster // everybody
	control   *controlAddress
}

// openStore opens the directory and the metadata store, and prepares ZooKeeper.
func (s *setup) openStore(ctx context.Context, topo Topology, o options, temp *temporary, seed int64, log hclog.Logger) (err error) {
	if s.dir, err = openDataDir(o.data, temp); err != nil {
		return err
	}
	for _, warning := range topo.Warnings() {
		log.Warn(warning)
	}
	s.zookeeper = newEnsemble(ctx, topo.ZooKeeper, o, s.dir, diskfault.New(disk.OS{}, chance(seed, "disk of ZooKeeper")), log)
	if s.store, err = s.dir.openStore(ctx, topo.Metadata, log); err != nil {
		return &unavailable{err}
	}
	if err := s.dir.settleIn(ctx, s.store, topo.Metadata.Kind == "postgresql", log); err != nil {
		return &unavailable{err}
	}
	return nil
}

// openAddresses makes the nodes and binds all addresses.
func (s *setup) openAddresses(at *site) (err error) {
	s.nodes, err = at.build()
	s.roster = newRoster(at, s.nodes)
	if err != nil {
		return err
	}
	s.control, err = openControl(at.opts)
	return err
}

// close closes what was opened, even if that was only a part. Nobody asks ZooKeeper any
// more.
func (s *setup) close(log hclog.Logger) {
	if s.zookeeper != nil {
		s.zookeeper.close()
	}
	if s.control != nil {
		s.control.close()
	}
	if s.store != nil {
		if err := s.store.Close(); err != nil {
			log.Warn("metadata store not closed cleanly", "error", err)
		}
	}
	if s.dir != nil {
		s.dir.close()
	}
}
