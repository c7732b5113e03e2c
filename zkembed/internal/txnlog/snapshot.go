package txnlog

import (
	"time"

	"oakmoot/internal/run/disk"
	"oakmoot/internal/zk/zkwire"
)

// A snapshot is the whole database after a transaction, in records like those of a
// log. The first is zxid and sessions, the others are nodes, and the last, a number of
// SnapshotTail bytes, is how many of them.
const SnapshotTail = 4

// snapshot is taken while transactions go on: between two batches it walks a few nodes
// further, and a node that is about to change is encoded first. So the file holds the
// database as it was when the snapshot began, and nobody waits for it. What is encoded goes
// to a goroutine that writes it.
type snapshot struct {
	walk   Walk
	chunk  zkwire.Encoder // the record under way
	writer *snapshotWriter
	nodes  int
	began  time.Time
	phase  phase
}

// phase is what a snapshot waits for.
type phase byte

const (
	walking phase = iota // for nothing: there are nodes to encode
	stalled              // for the writer to take a chunk
	ending               // for the writer to end
)

const (
	chunkBytes = 256 << 10 // of a record
	chunksHeld = 4         // how many of them may wait for the writer before the walk does
	stepNodes  = 512       // encoded between two batches
)

// startSnapshot begins a snapshot of a database as it is.
func startSnapshot(d disk.Disk, dir string, retain int, db Database) *snapshot {
	s := newSnapshot(d, dir, retain, db)
	go s.writer.run()
	return s
}

// newSnapshot is one that nobody writes yet.
func newSnapshot(d disk.Disk, dir string, retain int, db Database) *snapshot {
	s := &snapshot{writer: newSnapshotWriter(d, dir, db.Zxid(), retain), nodes: db.Nodes(), began: time.Now()}
	s.startChunk()
	db.EncodeSessions(&s.chunk)
	s.endChunk()
	s.walk = db.Walk(&s.chunk)
	return s
}

// WriteSnapshot makes a directory that holds a database as its only snapshot.
func WriteSnapshot(dir string, db Database) error {
	s := startSnapshot(disk.OS{}, dir, 1, db)
	for s.phase != ending {
		<-s.moves()
		s.step()
	}
	return <-s.writer.done
}

// step walks a few nodes further, as long as the writer keeps up.
func (s *snapshot) step() {
	for range stepNodes {
		if len(s.chunk.Buf) >= chunkBytes {
			if !s.writer.hasRoom() {
				s.phase = stalled
				return
			}
			s.endChunk()
		}
		if !s.walk.Next() {
			s.finish()
			return
		}
	}
	s.phase = walking
}

func (s *snapshot) startChunk() { s.chunk.Buf = s.writer.buffer()[:HeadSize] }

// endChunk hands the record under way to the writer; there is room for it.
func (s *snapshot) endChunk() {
	s.writer.chunks <- s.chunk.Buf
	s.startChunk()
}

// finish hands over what is left, once the walk is over.
func (s *snapshot) finish() {
	if len(s.chunk.Buf) > HeadSize {
		s.endChunk()
	}
	s.chunk.Int(int32(s.nodes))
	s.endChunk()
	s.end()
}

// end lets the writer end; without the last record there will be no snapshot.
func (s *snapshot) end() {
	s.phase = ending
	s.walk.Stop()
	close(s.writer.chunks)
}

// abandon ends the snapshot, finished or not, and waits for the writer.
func (s *snapshot) abandon() error {
	if s.phase != ending {
		s.end()
	}
	return <-s.writer.done
}

// always can be received from at any time.
var always = func() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// moves is ready when the snapshot can go on.
func (s *snapshot) moves() <-chan struct{} {
	if s.phase == walking {
		return always
	}
	return s.writer.moved
}

// goOn does what can be done, and reports whether the snapshot is over.
func (s *snapshot) goOn() (over bool, err error) {
	if s.phase != ending {
		s.step()
		return false, nil
	}
	select {
	case err := <-s.writer.done:
		return true, err
	default:
		return false, nil
	}
}

// Saving reports whether a snapshot is under way.
func (l *Log) Saving() bool { return l != nil && l.snapshot != nil }

// Moves is ready when the snapshot under way can go on; nil without one.
func (l *Log) Moves() <-chan struct{} {
	if !l.Saving() {
		return nil
	}
	return l.snapshot.moves()
}

// SaveOn goes on with the snapshot under way, for as long as others can wait.
func (l *Log) SaveOn() {
	if !l.Saving() {
		return
	}
	if over, err := l.snapshot.goOn(); over {
		l.saved(err)
	}
}

// saved is the end of the snapshot under way.
func (l *Log) saved(err error) {
	if err == nil {
		l.opts.Saved(time.Since(l.snapshot.began))
	} else {
		l.opts.Log.Warn("no snapshot, the log has everything", "error", err)
	}
	l.snapshot = nil
}
