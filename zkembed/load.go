package zkembed

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"oakmoot/internal/run/dirlock"
	"oakmoot/internal/zk/zkwire"
)

func millis(ms int32) time.Duration { return time.Duration(ms) * time.Millisecond }

// load makes the state of a new life: as the data directory has it; without one,
// as the previous life left it, when that is given; else empty.
func (s *Server) load(previous *state) (*state, error) {
	st := &state{
		opts: s.opts, limits: s.limits, tree: newTree(), quotas: quotas{}, data: newWatches(), children: newWatches(), clock: clock{time.Now()},
		holding: map[*conn]struct{}{},
		commits: s.ring, rules: s.rules, disk: s.disk, reapAt: s.opts.ContainerCheck.Milliseconds(),
	}
	st.wall, st.now = st.clock.read()
	st.stats = newStats(st.clock.birth)
	st.stats.slow = slowLog{threshold: s.opts.SlowRequest, log: s.opts.Log}
	last := s.lastIssued()
	st.sessions = newSessions(s.opts.Tick, st.wall, last.session)
	switch {
	case s.opts.DataDir != "":
		return st, st.openDir()
	case previous != nil:
		st.inherit(previous)
	default:
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

// inherit takes over what a server in memory keeps through a restart.
func (s *state) inherit(previous *state) {
	s.zxid, s.tree, s.quotas = previous.zxid, previous.tree, previous.quotas
	for id, sess := range previous.sessions.byID {
		if sess.home == nil {
			s.sessions.open(id, sess.timeout, s.now).name = sess.name
		}
	}
}

// openDir takes hold of the data directory and restores what is in it.
func (s *state) openDir() error {
	dir := s.opts.DataDir
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("zookeeper data: %w", err)
	}
	lock, err := dirlock.Acquire(dir)
	if err != nil {
		return fmt.Errorf("zookeeper data %s: %w", dir, err)
	}
	s.log = &txnLog{dir: dir, opts: s.opts, lock: lock, disk: s.disk}
	if err := s.restore(); err != nil {
		s.log.close()
		if errors.Is(err, ErrDamaged) {
			err = fmt.Errorf("%w (put back a copy of %s, or move it away to begin with an empty tree)", err, dir)
		}
		return fmt.Errorf("zookeeper data: %w", err)
	}
	return nil
}

// restore reads what the directory holds and opens the last log to be written on.
// Sessions get their whole timeout again, and ephemerals whose session is gone go
// too.
func (s *state) restore() error {
	end, err := s.readDir(s.log.dir)
	if err != nil {
		return err
	}
	s.commits.startAt(s.zxid)
	s.log.since = end.txns
	s.stats.metrics.loadedTxns.add(int64(end.txns), 1)
	s.stats.metrics.load.add(time.Since(s.stats.since).Milliseconds(), 1)
	s.quotas = quotasOf(s.tree)
	if err := s.writeOn(end); err != nil {
		return err
	}
	s.dropOrphans()
	return nil
}

// logEnd is where the last log of a directory ends.
type logEnd struct {
	path string // "" without any log
	good int64  // how far it is whole; 0 when not even its header is
	torn bool   // a record that was cut short follows
	txns int    // behind the snapshot, of all logs
}

// readDir reads the newest snapshot and replays the logs behind it. It changes
// nothing in the directory.
func (s *state) readDir(dir string) (logEnd, error) {
	var end logEnd
	damaged, err := s.readSnapshots(dir)
	if err != nil {
		return end, err
	}
	before := s.zxid
	logs, err := numbered(dir, logPrefix)
	if err != nil {
		return end, err
	}
	for i, first := range logs {
		if i+1 < len(logs) && logs[i+1] <= s.zxid+1 {
			continue // all of it is in the snapshot
		}
		if first > s.zxid+1 {
			return end, fmt.Errorf("%w: %s: transactions from 0x%x on are missing before %s", ErrDamaged, dir, int64(s.zxid+1), logName(first))
		}
		end.path = filepath.Join(dir, logName(first))
		if err := s.replayFile(&end, i == len(logs)-1); err != nil {
			return end, err
		}
	}
	end.txns = int(s.zxid - before)
	if damaged != nil && s.zxid < damaged.zxid {
		return end, damaged.err // the logs do not reach as far as it did
	}
	return end, nil
}

// damagedSnapshot is the newest of the snapshots that are not whole.
type damagedSnapshot struct {
	zxid Zxid
	err  error
}

// readSnapshots reads the newest snapshot that is whole, and tells which newer one is
// not: FileSnap.deserialize goes back likewise. Without a whole one the state is that
// of an empty directory, from which the logs lead on if they are all there.
func (s *state) readSnapshots(dir string) (newest *damagedSnapshot, err error) {
	snapshots, err := numbered(dir, snapshotPrefix)
	if err != nil {
		return nil, err
	}
	for _, zxid := range slices.Backward(snapshots) {
		err := s.readSnapshot(filepath.Join(dir, snapshotName(zxid)))
		if !errors.Is(err, ErrDamaged) {
			return newest, err
		}
		s.opts.Log.Warn("snapshot is damaged, an older one and the logs may do", "error", err)
		if newest == nil {
			newest = &damagedSnapshot{zxid, err}
		}
		s.zxid, s.tree = 0, newTree()
		for id := range s.sessions.byID {
			s.sessions.close(id)
		}
	}
	return newest, nil
}

// dropOrphans removes ephemerals without a session, in a transaction for each such
// session.
func (s *state) dropOrphans() {
	for _, owner := range slices.Sorted(maps.Keys(s.tree.ephemerals)) {
		if s.sessions.byID[SessionID(owner)] != nil {
			continue
		}
		t := s.begin(SessionID(owner), zkwire.OpCloseSession)
		for _, path := range slices.Sorted(maps.Keys(s.tree.ephemerals[owner])) {
			s.apply(t, &effect{kind: effectDelete, path: path}, nil)
		}
		s.commit(t)
	}
}

// replayFile applies one log file. Only the last one may end in a torn record.
func (s *state) replayFile(end *logEnd, last bool) error {
	var broken error
	good, torn, err := replay(end.path, func(t *txn) {
		switch {
		case t.zxid <= s.zxid || broken != nil: // in the snapshot already
		case t.zxid > s.zxid+1:
			broken = fmt.Errorf("%w: %s: transactions from 0x%x on are missing", ErrDamaged, end.path, int64(s.zxid+1))
		default:
			broken = s.redo(t, end.path)
		}
	})
	end.good, end.torn = good, torn
	switch {
	case err != nil:
		return err
	case broken == nil && torn && !last:
		return fmt.Errorf("%w: %s, record at offset %d: cut short, and there is a later log", ErrDamaged, end.path, good)
	}
	return broken
}

// writeOn opens the last log behind its end, where a torn record is cut off, or
// begins one.
func (s *state) writeOn(end logEnd) error {
	if end.torn {
		s.opts.Log.Warn("torn last record cut off", "file", end.path, "offset", end.good)
	}
	if end.good == 0 { // no log, or not even its header was written
		return s.log.begin(s.zxid + 1)
	}
	f, err := os.OpenFile(end.path, os.O_RDWR, 0o644)
	if err != nil {
		return err
	}
	s.log.file, s.log.end, s.log.size = f, end.good, end.good
	return f.Truncate(end.good)
}

// redo applies a transaction of a log file.
func (s *state) redo(t *txn, file string) error {
	for _, e := range t.effects {
		switch e.kind {
		case effectOpenSession:
			s.sessions.open(e.session, millis(e.timeout), s.now)
		case effectCloseSession:
			s.sessions.close(e.session)
		default:
			if !s.tree.applicable(e) {
				return fmt.Errorf("%w: %s: transaction 0x%x does not fit the tree at %s", ErrDamaged, file, int64(t.zxid), e.path)
			}
			s.tree.apply(e, t.zxid, t.time, nil)
		}
	}
	s.zxid = t.zxid
	return nil
}
