package zkembed

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"time"

	"oakmoot/internal/zk/zkwire"
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
	spare  chan []byte    // from the writer, to be filled again
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
	nodes []*znode // the children that there were and that are still to come
}

const (
	chunkBytes = 256 << 10 // of a record
	chunksHeld = 4         // how many of them may wait for the writer before the walk does
	stepNodes  = 512       // saved between two batches

	// As much is made durable at a time: the file's sync at the end would hold up
	// those of the log for as long as all of it takes.
	unsyncedBytes = 4 << 20
)

// startSaver begins a snapshot of the state as it is.
func startSaver(s *state, dir string) *saver {
	sv := &saver{
		tree: s.tree, chunks: make(chan []byte, chunksHeld+2), spare: make(chan []byte, chunksHeld+2),
		done: make(chan error, 1), moved: make(chan struct{}, 1), total: s.tree.count, began: time.Now(),
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

// save saves a node and its ancestors, if they are still to be saved: the node, or
// what is in it, is about to change. A node that has been saved has its ancestors
// before it in the file.
func (t *tree) save(path string) {
	if t.saver == nil || path == "/" {
		return
	}
	dir, _ := split(path)
	parent, name := t.parentOf(path)
	if !t.saver.has(parent) {
		t.save(dir)
	}
	if n := parent.children().find(name); n != nil {
		t.saver.keep(dir, n)
	}
}

// has tells that a node has been saved, or is newer than the snapshot.
func (sv *saver) has(n *znode) bool { return n.bits&nodeSaved == sv.tree.saved }

// keep saves a node of a directory.
func (sv *saver) keep(dir string, n *znode) {
	if !sv.has(n) {
		n.bits ^= nodeSaved
		n.encode(&sv.chunk, dir)
	}
}

// enter puts the children of a node of a directory on the stack.
func (sv *saver) enter(dir string, n *znode) {
	kids := n.children()
	if kids.len() == 0 {
		return
	}
	nodes := slices.AppendSeq(make([]*znode, 0, kids.len()), kids.all())
	sv.todo = append(sv.todo, saverStep{join(dir, n.name()), nodes})
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

// next saves one node. One that was deleted meanwhile was saved then, with all that
// had been in it.
func (sv *saver) next() {
	top := &sv.todo[len(sv.todo)-1]
	if len(top.nodes) == 0 {
		sv.todo = sv.todo[:len(sv.todo)-1]
		return
	}
	n := top.nodes[0]
	top.nodes = top.nodes[1:]
	sv.keep(top.path, n)
	sv.enter(top.path, n)
}

func (sv *saver) startChunk() {
	select {
	case used := <-sv.spare:
		sv.chunk.Buf = used[:recordHead]
	default:
		sv.chunk.Buf = make([]byte, recordHead, chunkBytes+chunkBytes/8)
	}
}

// endChunk hands the record under way to the writer; there is room for it.
func (sv *saver) endChunk() {
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
	last, unsynced := 0, 0
	for chunk := range sv.chunks {
		if last = len(chunk) - recordHead; err == nil {
			putHead(chunk, chunk[recordHead:])
			_, err = f.Write(chunk)
		}
		if unsynced += len(chunk); unsynced >= unsyncedBytes && err == nil {
			err = datasync(f)
			unsynced = 0
		}
		select {
		case sv.spare <- chunk:
		default: // there are enough
		}
		sv.wake()
	}
	if err == nil && last != snapshotTail {
		err = errAbandoned
	}
	return err
}
