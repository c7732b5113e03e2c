package txnlog

import (
	"errors"
	"path/filepath"

	"oakmoot/internal/run/disk"
	"oakmoot/internal/zk/zkwire"
)

// snapshotWriter is the goroutine that writes a snapshot, and what it shares with the
// one that makes it.
type snapshotWriter struct {
	disk   disk.Disk
	name   string
	retain int
	chunks chan []byte   // records to be sealed and written; closed behind the last
	spare  chan []byte   // have been written, to be filled again
	done   chan error    // how it has ended
	moved  chan struct{} // a chunk has been taken, or the writer has ended
}

// This much is made durable at a time: one sync at the end of the file would hold up the
// syncs of the log for as long as the whole file takes.
const unsyncedBytes = 4 << 20

func newSnapshotWriter(d disk.Disk, dir string, zxid zkwire.Zxid, retain int) *snapshotWriter {
	return &snapshotWriter{
		disk: d,
		name: filepath.Join(dir, Snapshots.Name(zxid)), retain: retain,
		chunks: make(chan []byte, chunksHeld+2), spare: make(chan []byte, chunksHeld+2),
		done: make(chan error, 1), moved: make(chan struct{}, 1),
	}
}

// hasRoom reports whether the writer keeps up.
func (w *snapshotWriter) hasRoom() bool { return len(w.chunks) < chunksHeld }

// buffer is one to be filled.
func (w *snapshotWriter) buffer() []byte {
	select {
	case used := <-w.spare:
		return used
	default:
		return make([]byte, HeadSize, chunkBytes+chunkBytes/8)
	}
}

// errAbandoned is the writer's when its chunks end before the snapshot does.
var errAbandoned = errors.New("the server ended first")

// run makes a durable file as a whole or not at all, and then removes the files that
// are no longer needed.
func (w *snapshotWriter) run() {
	err := w.writeFile()
	for range w.chunks { // after a failure nobody may be left waiting
		w.wake()
	}
	if err == nil {
		err = prune(w.disk, filepath.Dir(w.name), w.retain)
	}
	w.done <- err
	w.wake()
}

// wake notes that the writer has moved.
func (w *snapshotWriter) wake() {
	select {
	case w.moved <- struct{}{}:
	default: // it is already noted
	}
}

func (w *snapshotWriter) writeFile() error {
	tmp, err := disk.Create(w.disk, w.name+".new")
	if err != nil {
		return err
	}
	err = w.writeChunks(tmp)
	if err == nil {
		err = tmp.Sync()
	}
	if closeErr := tmp.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = w.disk.Rename(tmp.Name(), w.name)
	} else {
		_ = w.disk.Remove(tmp.Name()) // it would be ignored
	}
	if err == nil {
		err = disk.SyncDir(w.disk, filepath.Dir(w.name))
	}
	return err
}

func (w *snapshotWriter) writeChunks(f disk.File) error {
	_, err := f.Write(Snapshots.header())
	last, unsynced := 0, 0
	for chunk := range w.chunks {
		if last = len(chunk) - HeadSize; err == nil {
			Seal(chunk)
			_, err = f.Write(chunk)
		}
		if unsynced += len(chunk); unsynced >= unsyncedBytes && err == nil {
			err = disk.Datasync(f)
			unsynced = 0
		}
		select {
		case w.spare <- chunk:
		default: // there are enough spare buffers
		}
		w.wake()
	}
	if err == nil && last != SnapshotTail {
		err = errAbandoned
	}
	return err
}
