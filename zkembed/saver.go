package zkembed

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"time"

	"oakmoot/internal/zkwire"
)

// saver takes a snapshot while the state goes on: between two batches it walks on
// for a few nodes, and a node that is about to change before the walk has come to
// it is saved first. So the file holds the state as it was when the snapshot began,
// and nobody waits for it. What is saved goes to a goroutine that writes.
type saver struct {
	tree   *tree
	todo   []saverStep    // the stack of the walk
	chunk  zkwire.Encoder // the record under way
	chunks chan []byte    // to the writer; closed behind the last
	done   chan error     // the writer has ended
	moved  chan struct{}  // the writer has taken a chunk, or has ended
	total  int            // nodes
	began  time.Time
	phase  saverPhase
}

// saverPhase is what a snapshot waits for.
type saverPhase byte

const (
	saverWalks   saverPhase = iota // for nothing: there are nodes to save
	saverStalled                   // for the writer to take a chunk
	saverEnding                    // for the writer to end
)

// saverStep is a directory whose children are being saved.
type saverStep struct {
	path  string
	names []string // of the children that there were and that are still to come
}

const (
	chunkBytes = 256 << 10 // of a record
	chunksHeld = 4         // how many of them may wait for the writer before the walk does
	stepNodes  = 512       // saved between two batches
)

// startSaver begins a snapshot of the state as it is.
func startSaver(s *state, dir string) *saver {
	sv := &saver{
		tree: s.tree, chunks: make(chan []byte, chunksHeld+2), done: make(chan error, 1), moved: make(chan struct{}, 1), total: s.tree.count, began: time.Now(),
	}
	s.tree.saver = sv
	s.tree.saved ^= nodeSaved
	sv.startChunk()
	sv.chunk.Long(int64(s.zxid))
	logged := s.sessions.logged()
	sv.chunk.Int(int32(len(logged)))
	for _, sess := range logged {
		sv.chunk.Long(int64(sess.id))
		sv.chunk.Int(int32(sess.timeout.Milliseconds()))
	}
	sv.endChunk()
	sv.keep("/", s.tree.root)
	sv.enter("/", s.tree.root)
	go sv.write(filepath.Join(dir, snapshotName(s.zxid)), s.opts.Retain)
	return sv
}

// save saves a node and its parent, if they are still to be saved: one of them is
// about to change.
func (t *tree) save(path string) {
	if t.saver == nil {
		return
	}
	for i := 1; i < len(path); i++ { // parents first
		if path[i] == '/' {
			t.saver.keep(path[:i], t.lookup(path[:i]))
		}
	}
	if n := t.lookup(path); n != nil {
		t.saver.keep(path, n)
	}
}

func (sv *saver) keep(path string, n *znode) {
	if n.bits&nodeSaved == sv.tree.saved {
		return
	}
	n.bits ^= nodeSaved
	n.encode(&sv.chunk, path)
}

// enter puts a directory's children on the stack.
func (sv *saver) enter(path string, n *znode) {
	if n.children().len() == 0 {
		return
	}
	names := make([]string, 0, n.children().len())
	for child := range n.children().all() {
		names = append(names, child.name())
	}
	sv.todo = append(sv.todo, saverStep{path, names})
}

// step walks on for a few nodes, as long as the writer keeps up.
func (sv *saver) step() {
	for range stepNodes {
		if len(sv.chunk.Buf) >= chunkBytes {
			if len(sv.chunks) >= chunksHeld {
				sv.phase = saverStalled
				return
			}
			sv.endChunk()
		}
		if len(sv.todo) == 0 {
			sv.finish()
			return
		}
		sv.next()
	}
	sv.phase = saverWalks
}

// next saves one node.
func (sv *saver) next() {
	top := &sv.todo[len(sv.todo)-1]
	if len(top.names) == 0 {
		sv.todo = sv.todo[:len(sv.todo)-1]
		return
	}
	path := join(top.path, top.names[0])
	top.names = top.names[1:]
	if n := sv.tree.lookup(path); n != nil { // else it was deleted, and saved then
		sv.keep(path, n)
		sv.enter(path, n)
	}
}

func (sv *saver) startChunk() {
	sv.chunk.Buf = make([]byte, recordHead, chunkBytes+chunkBytes/8)
}

// endChunk hands the record under way to the writer; there is room for it.
func (sv *saver) endChunk() {
	putHead(sv.chunk.Buf, sv.chunk.Buf[recordHead:])
	sv.chunks <- sv.chunk.Buf
	sv.startChunk()
}

// finish hands over what is left, once the walk is over.
func (sv *saver) finish() {
	if len(sv.chunk.Buf) > recordHead {
		sv.endChunk()
	}
	sv.chunk.Int(int32(sv.total))
	sv.endChunk()
	sv.end()
}

// end lets the writer end; without the last record there will be no snapshot.
func (sv *saver) end() {
	sv.phase, sv.tree.saver = saverEnding, nil
	close(sv.chunks)
}

// always never makes anybody wait.
var always = func() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// saverMoves is ready when the snapshot under way can go on.
func (s *state) saverMoves() <-chan struct{} {
	switch {
	case s.saver == nil:
		return nil
	case s.saver.phase == saverWalks:
		return always
	}
	return s.saver.moved
}

// saveOn goes on with the snapshot under way.
func (s *state) saveOn() {
	switch {
	case s.saver == nil:
	case s.saver.phase != saverEnding:
		s.saver.step()
	default:
		select {
		case err := <-s.saver.done:
			s.saved(err)
		default:
		}
	}
}

func (s *state) saved(err error) {
	if err == nil {
		s.stats.metrics.snapshots.add(time.Since(s.saver.began).Milliseconds(), 1)
	}
	if s.saver = nil; err != nil {
		s.opts.Log.Warn("no snapshot, the log has everything", "error", err)
	}
}

// stopSaving ends the snapshot under way, finished or not.
func (s *state) stopSaving() {
	if s.saver == nil {
		return
	}
	if s.saver.phase != saverEnding {
		s.saver.end()
	}
	s.saved(<-s.saver.done)
}

// errAbandoned is the writer's when the server ends before the snapshot does.
var errAbandoned = errors.New("the server ended first")

// write makes a durable file as a whole or not at all, and then removes the files
// that are no longer needed.
func (sv *saver) write(name string, retain int) {
	err := sv.writeFile(name)
	for range sv.chunks { // after a failure nobody must wait for it
		sv.wake()
	}
	if err == nil {
		err = prune(filepath.Dir(name), retain)
	}
	sv.done <- err
	sv.wake()
}

// wake tells the state that the writer has moved.
func (sv *saver) wake() {
	select {
	case sv.moved <- struct{}{}:
	default: // it knows
	}
}

func (sv *saver) writeFile(name string) error {
	tmp, err := os.Create(name + ".new")
	if err != nil {
		return err
	}
	err = sv.writeChunks(tmp)
	if err == nil {
		err = tmp.Sync()
	}
	if closeErr := tmp.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(tmp.Name(), name)
	} else {
		_ = os.Remove(tmp.Name()) // it would be ignored
	}
	if err == nil {
		err = syncDir(filepath.Dir(name))
	}
	return err
}

func (sv *saver) writeChunks(f *os.File) error {
	_, err := f.Write(binary.BigEndian.AppendUint32([]byte(snapshotMagic), logVersion))
	last := 0
	for chunk := range sv.chunks {
		if last = len(chunk) - recordHead; err == nil {
			_, err = f.Write(chunk)
		}
		sv.wake()
	}
	if err == nil && last != snapshotTail {
		err = errAbandoned
	}
	return err
}
