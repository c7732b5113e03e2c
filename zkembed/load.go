package zkembed

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"oakmoot/internal/dirlock"
)

func millis(ms int32) time.Duration { return time.Duration(ms) * time.Millisecond }

// load makes the state of a new life: empty, or as the data directory has it.
func (s *Server) load() (*state, error) {
	st := &state{
		opts: s.opts, tree: newTree(), sessions: newSessions(s.opts.Tick), data: newWatches(), children: newWatches(),
		conns: map[*conn]struct{}{}, touched: map[*conn]struct{}{}, commits: s.ring, faults: s.rule, now: time.Now().UnixMilli(),
	}
	st.stats.since = time.Now()
	if s.opts.DataDir == "" {
		// A client that outlives a server without memory would never be let in by
		// the next one if that began at zxid 0 again.
		st.zxid = Zxid(time.Now().Unix() << 32)
		return st, nil
	}
	if err := os.MkdirAll(s.opts.DataDir, 0o755); err != nil {
		return nil, fmt.Errorf("zookeeper data: %w", err)
	}
	lock, err := dirlock.Acquire(s.opts.DataDir)
	if err != nil {
		return nil, fmt.Errorf("zookeeper data %s: %w", s.opts.DataDir, err)
	}
	st.log = &txnLog{dir: s.opts.DataDir, opts: s.opts, lock: lock}
	if err := st.recover(); err != nil {
		st.log.close()
		return nil, fmt.Errorf("zookeeper data: %w", err)
	}
	return st, nil
}

// recover restores the newest snapshot and replays the logs behind it. Sessions
// get their whole timeout again, and ephemerals whose session is gone go too.
func (s *state) recover() error {
	dir := s.log.dir
	snapshots, err := numbered(dir, "snapshot.")
	if err != nil {
		return err
	}
	if len(snapshots) > 0 {
		if err := s.readSnapshot(filepath.Join(dir, snapshotName(snapshots[len(snapshots)-1]))); err != nil {
			return err
		}
	}
	logs, err := numbered(dir, "log.")
	if err != nil {
		return err
	}
	for i, first := range logs {
		if err := s.replayFile(filepath.Join(dir, logName(first)), i == len(logs)-1); err != nil {
			return err
		}
	}
	for owner, paths := range s.tree.ephemerals {
		if s.sessions.byID[SessionID(owner)] == nil {
			for path := range paths {
				s.tree.remove(path, s.zxid)
			}
		}
	}
	if s.log.file == nil {
		return s.log.begin(s.zxid + 1)
	}
	return nil
}

// replayFile applies one log file. Only the last one may end in a torn record,
// which is cut off; it is then written on.
func (s *state) replayFile(path string, last bool) error {
	good, err := replay(path, func(t *txn) error {
		if t.zxid > s.zxid {
			s.redo(t)
		}
		return nil
	})
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0o644)
	if err != nil {
		return err
	}
	size, err := f.Seek(0, io.SeekEnd)
	if err == nil && size > good && !last {
		err = fmt.Errorf("%w: %s at offset %d", ErrDamaged, path, good)
	}
	if err != nil || !last {
		f.Close()
		return err
	}
	if size > good {
		s.opts.Log.Warn("torn last record cut off", "file", path, "offset", good, "bytes", size-good)
	}
	if good == 0 { // not even its header was written
		f.Close()
		return s.log.begin(s.zxid + 1)
	}
	s.log.file = f
	if err := f.Truncate(good); err != nil {
		return err
	}
	_, err = f.Seek(good, io.SeekStart)
	return err
}

// redo applies a transaction of the log.
func (s *state) redo(t *txn) {
	s.zxid = t.zxid
	for _, e := range t.effects {
		switch e.kind {
		case effectOpenSession:
			s.sessions.open(e.session, millis(e.timeout), s.now)
		case effectCloseSession:
			s.sessions.close(e.session)
		default:
			if e.kind == effectCreate || s.tree.nodes[e.path] != nil {
				s.tree.apply(e, t.zxid, t.time)
			}
		}
	}
	s.log.since++
}
