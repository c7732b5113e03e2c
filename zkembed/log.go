package zkembed

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"oakmoot/internal/run/dirlock"
	"oakmoot/internal/zk/zkwire"
)

// FsyncPolicy is when a transaction is on disk.
type FsyncPolicy int

// Policies. FsyncAlways: before it is acknowledged. FsyncInterval: within a second,
// so that a machine that dies may forget what it acknowledged last; a process that
// dies does not. FsyncNever: when the system likes.
const (
	FsyncAlways FsyncPolicy = iota
	FsyncInterval
	FsyncNever
)

// ParseFsyncPolicy reads always, interval or never.
func ParseFsyncPolicy(text string) (FsyncPolicy, error) {
	i := slices.Index([]string{"always", "interval", "never"}, text)
	if i < 0 {
		return 0, fmt.Errorf("fsync policy %q: want always, interval or never", text)
	}
	return FsyncPolicy(i), nil
}

// Sentinels of a data directory that cannot be used.
var (
	ErrLocked  = dirlock.ErrLocked
	ErrNewer   = errors.New("zkembed: data directory is of a newer format")
	ErrDamaged = errors.New("zkembed: data is damaged")
)

// logHeader begins every log file: a name and the version of the format.
const (
	logMagic      = "oakmootzklog"
	logVersion    = 1
	logHeaderSize = len(logMagic) + 4
)

const (
	fsyncEvery = time.Second // of FsyncInterval
	batchBytes = 1 << 20     // of a record, before no more requests join its batch
	recordHead = 12          // bytes before a record: its length, its checksum, and a checksum of these two
)

// A file grows by as much as it has, within these limits, when it is filled with zeros,
// and by more where it is not.
const (
	leastGrowth = 16 << 10
	mostGrowth  = 256 << 10
	holeGrowth  = 4 << 20
	fillLimit   = 32 << 10 // the largest batch for which it is filled: zeros are written too
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// txnLog is the write-ahead log: files named after their first zxid, of records
// with a head. A record holds the transactions of a batch, one
// after the other; they become durable together. It is owned by the state. A nil
// one belongs to a server that keeps everything in memory.
type txnLog struct {
	dir      string
	opts     Options
	lock     *dirlock.Lock
	file     *os.File
	end      int64 // where the next record goes
	size     int64 // of the file: zeros behind end, so that a sync need not make a new size durable
	batch    zkwire.Encoder
	since    int // transactions since the last snapshot
	synced   time.Time
	unsynced bool
	err      error // the first failure; it is for good
	disk     *disk
}

// append adds a transaction to the batch.
func (l *txnLog) append(t *txn) {
	if l == nil {
		return
	}
	if len(l.batch.Buf) == 0 {
		l.batch.Buf = append(l.batch.Buf, make([]byte, recordHead)...) // filled in when the batch is written
	}
	t.encode(&l.batch)
	l.since++
}

// pending tells that there is a batch to be written.
func (l *txnLog) pending() bool { return l != nil && len(l.batch.Buf) > 0 }

// full tells that the batch should be written before it grows further.
func (l *txnLog) full() bool { return l != nil && len(l.batch.Buf) >= batchBytes }

// syncDue is when FsyncInterval asks for the next sync.
func (l *txnLog) syncDue(c clock) int64 {
	if l == nil || !l.unsynced || l.opts.Fsync != FsyncInterval {
		return never
	}
	return max(0, l.synced.Add(fsyncEvery).Sub(c.birth).Milliseconds()+1)
}

// flush writes the batch and, by policy, makes it durable; after enough
// transactions it begins a new file and a snapshot.
func (l *txnLog) flush(s *state) error {
	if l == nil {
		return nil
	}
	if l.err != nil {
		return l.err
	}
	if err := l.writeBatch(); err != nil {
		return l.fail(err)
	}
	if l.unsynced && (l.opts.Fsync == FsyncAlways || l.opts.Fsync == FsyncInterval && time.Since(l.synced) >= fsyncEvery) {
		began := time.Now()
		if err := l.sync(); err != nil {
			return l.fail(err)
		}
		s.stats.metrics.syncs.add(time.Since(began).Milliseconds(), 1)
	}
	if s.saver != nil || l.since < max(l.opts.SnapshotEvery, s.tree.count/nodesPerSnapshotTxn) {
		return nil
	}
	if err := l.roll(s); err != nil {
		return l.fail(err)
	}
	return nil
}

// nodesPerSnapshotTxn keeps the cost of snapshots in proportion: a big tree is
// written less often.
const nodesPerSnapshotTxn = 4

func (l *txnLog) writeBatch() error {
	b := l.batch.Buf
	if len(b) == 0 {
		return nil
	}
	payload := b[recordHead:]
	if len(payload) > math.MaxInt32 {
		return fmt.Errorf("a batch of %d bytes is too large", len(payload))
	}
	putHead(b, payload)
	if err := l.disk.write.fault(); err != nil {
		return err
	}
	if err := l.extend(int64(len(b))); err != nil {
		return err
	}
	if _, err := l.file.WriteAt(b, l.end); err != nil {
		return err
	}
	l.end += int64(len(b))
	l.unsynced = true
	if l.batch.Buf = b[:0]; cap(b) > 2*batchBytes {
		l.batch.Buf = nil // one huge batch does not stay in memory
	}
	return nil
}

// putHead fills in what stands before a record. The head has a checksum of its own,
// so that a damaged length is not taken for a record that was cut short.
func putHead(head, payload []byte) {
	binary.BigEndian.PutUint32(head, uint32(len(payload)))
	binary.BigEndian.PutUint32(head[4:], crc32.Checksum(payload, castagnoli))
	binary.BigEndian.PutUint32(head[8:], crc32.Checksum(head[:8], castagnoli))
}

// extend makes room for n bytes, and more. Where every batch is made durable the room
// for small ones is filled with zeros: to write on blocks that the file system has already
// given out takes it half as long as to find some for each batch, and a hole has none.
func (l *txnLog) extend(n int64) error {
	if l.end+n <= l.size {
		return nil
	}
	if l.opts.Fsync != FsyncAlways || n > fillLimit {
		l.size = l.end + n + holeGrowth
		return l.file.Truncate(l.size)
	}
	fill := zeros[:min(max(l.size, leastGrowth), mostGrowth)]
	for l.size < l.end+n {
		if _, err := l.file.WriteAt(fill, l.size); err != nil {
			return err
		}
		l.size += int64(len(fill))
	}
	return nil
}

var zeros [mostGrowth]byte

func (l *txnLog) sync() error {
	if err := l.disk.sync.fault(); err != nil {
		return err
	}
	if err := datasync(l.file); err != nil {
		return err
	}
	l.synced, l.unsynced = time.Now(), false
	return nil
}

func (l *txnLog) fail(err error) error {
	l.err = fmt.Errorf("zookeeper log %s: %w", l.file.Name(), err)
	return l.err
}

// roll begins a new log, and a snapshot of what is before it. What both replace
// goes once the snapshot is on disk.
func (l *txnLog) roll(s *state) error {
	if err := l.finish(); err != nil { // the next file must not outlive this one's end
		return err
	}
	if err := l.begin(s.zxid + 1); err != nil {
		return err
	}
	l.since = 0
	s.saver = startSaver(s, l.dir)
	return nil
}

// finish closes the file, without the zeros behind its end.
func (l *txnLog) finish() error {
	err := l.file.Truncate(l.end)
	if err == nil && l.opts.Fsync != FsyncNever {
		err = l.file.Sync()
	}
	if closeErr := l.file.Close(); err == nil {
		err = closeErr
	}
	return err
}

// begin opens a fresh log file whose first transaction will be zxid.
func (l *txnLog) begin(zxid Zxid) error {
	f, err := os.OpenFile(filepath.Join(l.dir, logName(zxid)), os.O_CREATE|os.O_RDWR|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	l.file, l.end, l.size, l.unsynced = f, int64(logHeaderSize), int64(logHeaderSize), false
	if _, err := f.Write(binary.BigEndian.AppendUint32([]byte(logMagic), logVersion)); err != nil {
		return err
	}
	if l.opts.Fsync == FsyncNever {
		return nil
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return syncDir(l.dir)
}

// close lets go of the directory. Every batch has been written, or never will be.
func (l *txnLog) close() {
	if l == nil {
		return
	}
	if l.file != nil {
		_ = l.finish() // what was acknowledged has been written
	}
	l.lock.Release()
}

func logName(zxid Zxid) string { return fmt.Sprintf(logPrefix+"%016x", int64(zxid)) }

// syncDir makes a file's name durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
