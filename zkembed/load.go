package zkembed

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"oakmoot/internal/zk/zkwire"
	"oakmoot/zkembed/internal/tree"
	"oakmoot/zkembed/internal/txnlog"
)

// load makes the state of a new life: as the data directory has it; without one,
// as the previous life left it, when that is given; else empty.
func (s *Server) load(previous *state) (*state, error) {
	st := &state{
		opts: s.opts, limits: s.limits, data: newWatches(), children: newWatches(), clock: clock{time.Now()},
		holding: map[*conn]struct{}{},
		commits: s.ring, rules: s.rules, reapAt: s.opts.ContainerCheck.Milliseconds(),
	}
	st.wall, st.now = st.clock.read()
	st.stats = newStats(st.clock.birth)
	st.stats.slow = slowLog{threshold: s.opts.SlowRequest, log: s.opts.Log}
	last := s.lastIssued()
	st.database = database{tree: tree.New(), sessions: newSessions(s.opts.Tick, st.wall, last.session)}
	switch {
	case s.opts.DataDir != "":
		return st, st.openDir(s.disk)
	case previous != nil:
		st.inherit(&previous.database)
	default:
		st.tree.CountQuotas()
		// A client that outlives a server without memory would never be let in by
		// the next one if that began at zxid 0 again.
		st.zxid = max(last.zxid, Zxid(time.Now().Unix()<<32))
	}
	return st, nil
}

func (s *Server) lastIssued() issued {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

// openDir takes hold of the data directory and restores what is in it. Sessions get
// their whole timeout again, and ephemerals whose session is gone go too.
func (s *state) openDir(disk *disk) error {
	m := &s.stats.metrics
	log, replayed, err := txnlog.OpenLog(s.opts.DataDir, &s.database, txnlog.Options{
		Sync: s.opts.Fsync.wait(), SnapshotEvery: s.opts.SnapshotEvery, Retain: s.opts.Retain, Log: s.opts.Log,
		BeforeWrite: disk.write.fault, BeforeSync: disk.sync.fault,
		Synced: func(took time.Duration) { m.syncs.add(took.Milliseconds(), 1) },
		Saved:  func(took time.Duration) { m.snapshots.add(took.Milliseconds(), 1) },
	})
	if errors.Is(err, ErrDamaged) {
		err = fmt.Errorf("%w (put back a copy of %s, or move it away to begin with an empty tree)", err, s.opts.DataDir)
	}
	if err != nil {
		return err
	}
	s.log = log
	s.commits.startAt(s.zxid)
	m.loadedTxns.add(int64(replayed), 1)
	m.load.add(time.Since(s.stats.since).Milliseconds(), 1)
	s.tree.CountQuotas()
	s.dropOrphans()
	return nil
}

// dropOrphans removes ephemerals without a session, in a transaction for each such
// session.
func (s *state) dropOrphans() {
	for _, owner := range s.tree.Owners() {
		if s.sessions.byID[owner] != nil {
			continue
		}
		t := s.begin(owner, zkwire.OpCloseSession)
		for _, path := range slices.Sorted(maps.Keys(s.tree.Ephemerals(owner))) {
			s.tree.Apply(t, &tree.Effect{Kind: tree.Delete, Path: path}, nil)
		}
		s.commit(t)
	}
}
