package zkembed

import (
	"errors"
	"fmt"
	"time"

	"oakmoot/internal/zk/zkwire"
	"oakmoot/zkembed/internal/tree"
	"oakmoot/zkembed/internal/txnlog"
)

// load makes the state of a new life: from the data directory; without one, as the
// previous life left it; and without that, empty.
func load(s *Server, previous *state) (*state, error) {
	st := newState(s)
	last := s.lives.lastIssued()
	st.database = database{tree: tree.New(), sessions: newSessions(s.opts.Tick, st.clock.wall, last.session)}
	switch {
	case s.opts.DataDir != "":
		return st, st.openDir(s.disk)
	case previous != nil:
		st.inherit(&previous.database)
	default:
		st.tree.Quotas.Count()
		// A client that outlives a server which keeps nothing would never be let in by
		// the next one if that began at zxid 0 again.
		st.zxid = max(last.zxid, zkwire.Zxid(time.Now().Unix()<<32))
	}
	return st, nil
}

// openDir locks the data directory and restores what is in it. Sessions get their whole
// timeout again, and ephemerals whose session is gone are removed.
func (s *state) openDir(disk *disk) error {
	m := &s.stats.metrics
	log, replayed, err := txnlog.OpenLog(s.opts.DataDir, &s.database, txnlog.Options{
		Sync: s.opts.Fsync.wait(), SnapshotEvery: s.opts.SnapshotEvery, Retain: s.opts.Retain, Log: s.opts.Log,
		Gate:        s.opts.Disk,
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
	s.commits.startAt(Zxid(s.zxid))
	m.loadedTxns.add(int64(replayed), 1)
	m.load.add(time.Since(s.stats.since).Milliseconds(), 1)
	s.tree.Quotas.Count()
	s.dropOrphans()
	return nil
}

// newState is a state without a database.
func newState(s *Server) *state {
	st := &state{
		opts: s.opts, ledger: ledger{commits: s.ring, watches: newWatches(), clock: clock{birth: time.Now()}}, queue: queue{limit: s.limits.effort},
		faults: faults{s.rules, delays{}}, rights: rights{skip: s.opts.SkipACL, x509: s.opts.TLSCA != ""},
		pace: pace{reapAt: s.opts.ContainerCheck.Milliseconds()},
	}
	st.clock.look()
	st.stats = newStats(st.clock.birth)
	st.stats.slow = slowLog{threshold: s.opts.SlowRequest, log: s.opts.Log}
	st.out = outbox{limits: s.limits, rights: st.rights, stats: &st.stats, log: s.opts.Log, cutOff: st.detach}
	st.events = &st.out
	return st
}

// begins takes over the connections of a new life.
func (s *state) begins(life *lifetime) { s.life, s.out.life = life, life }
