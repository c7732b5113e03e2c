package zkembed

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"oakmoot/internal/dirlock"
	"oakmoot/internal/zkwire"
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
	ErrDamaged = errors.New("zkembed: log is damaged")
)

// logHeader begins every log file: a name and the version of the format.
const (
	logMagic   = "oakmootzklog"
	logVersion = 1
)

const fsyncEvery = time.Second

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// txnLog is the write-ahead log: a record a transaction, of length, checksum and
// payload, in files named after their first zxid. It is owned by the state.
type txnLog struct {
	dir      string
	opts     Options
	lock     *dirlock.Lock
	file     *os.File
	batch    zkwire.Encoder
	since    int // transactions since the last snapshot
	synced   time.Time
	unsynced bool
	err      error // the first failure; it is for good
}

// append adds a transaction to the batch.
func (l *txnLog) append(t *txn) {
	start := len(l.batch.Buf)
	l.batch.Long(0) // length and checksum, filled in below
	t.encode(&l.batch)
	payload := l.batch.Buf[start+8:]
	binary.BigEndian.PutUint32(l.batch.Buf[start:], uint32(len(payload)))
	binary.BigEndian.PutUint32(l.batch.Buf[start+4:], crc32.Checksum(payload, castagnoli))
	l.since++
}

// flush writes the batch and, by policy, makes it durable; after enough
// transactions it lets a snapshot be taken and begins a new file.
func (l *txnLog) flush(snapshot func() (*snapshotFile, error)) error {
	if l.err != nil {
		return l.err
	}
	if len(l.batch.Buf) > 0 {
		if _, err := l.file.Write(l.batch.Buf); err != nil {
			return l.fail(err)
		}
		l.batch.Buf, l.unsynced = l.batch.Buf[:0], true
	}
	if l.unsynced && (l.opts.Fsync == FsyncAlways || l.opts.Fsync == FsyncInterval && time.Since(l.synced) >= fsyncEvery) {
		if err := l.file.Sync(); err != nil {
			return l.fail(err)
		}
		l.synced, l.unsynced = time.Now(), false
	}
	if l.since < l.opts.SnapshotEvery {
		return nil
	}
	return l.roll(snapshot)
}

func (l *txnLog) fail(err error) error {
	l.err = fmt.Errorf("zookeeper log %s: %w", l.file.Name(), err)
	return l.err
}

// roll takes a snapshot, begins a new log behind it and removes what both replace.
func (l *txnLog) roll(snapshot func() (*snapshotFile, error)) error {
	snap, err := snapshot()
	if err != nil {
		return l.fail(err)
	}
	if err := snap.write(l.dir); err != nil {
		return l.fail(err)
	}
	if err := l.file.Close(); err != nil {
		return l.fail(err)
	}
	if err := l.begin(snap.zxid + 1); err != nil {
		return l.fail(err)
	}
	l.since = 0
	return removeBefore(l.dir, snap.zxid)
}

// begin opens a fresh log file whose first transaction will be zxid.
func (l *txnLog) begin(zxid Zxid) error {
	f, err := os.OpenFile(filepath.Join(l.dir, logName(zxid)), os.O_CREATE|os.O_RDWR|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	l.file = f
	if _, err := f.Write(binary.BigEndian.AppendUint32([]byte(logMagic), logVersion)); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return syncDir(l.dir)
}

func (l *txnLog) close() {
	if l.file != nil {
		if l.unsynced {
			_ = l.file.Sync() // the policy promised less
		}
		_ = l.file.Close() // nothing is buffered
	}
	l.lock.Release()
}

func logName(zxid Zxid) string { return fmt.Sprintf("log.%016x", int64(zxid)) }

// replay reads a log file's transactions. A last record that is cut short, or
// whose checksum is wrong with nothing behind it, was never acknowledged: good is
// how many bytes to keep. Damage in front of other records is an error.
func replay(path string, each func(*txn) error) (good int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 1<<20)
	if err := readHeader(r, path); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
			return 0, nil
		}
		return 0, err
	}
	good = int64(len(logMagic) + 4)
	for {
		payload, err := readRecord(r)
		switch {
		case err == io.EOF || err == io.ErrUnexpectedEOF:
			return good, nil
		case errors.Is(err, errChecksum) && atEnd(r):
			return good, nil
		case err != nil:
			return good, fmt.Errorf("%w: %s at offset %d", ErrDamaged, path, good)
		}
		t, err := decodeTxn(payload)
		if err != nil {
			return good, fmt.Errorf("%w: %s at offset %d", ErrDamaged, path, good)
		}
		if err := each(t); err != nil {
			return good, err
		}
		good += int64(8 + len(payload))
	}
}

func readHeader(r io.Reader, path string) error {
	head := make([]byte, len(logMagic)+4)
	if _, err := io.ReadFull(r, head); err != nil {
		return err
	}
	if string(head[:len(logMagic)]) != logMagic {
		return fmt.Errorf("%w: %s does not begin as a log", ErrDamaged, path)
	}
	if v := binary.BigEndian.Uint32(head[len(logMagic):]); v > logVersion {
		return fmt.Errorf("%w: %s is of version %d, known are versions up to %d", ErrNewer, path, v, logVersion)
	}
	return nil
}

var errChecksum = errors.New("checksum")

// recordLimit bounds a record: a frame, and as much again for the paths that a
// closed session takes with it.
const recordLimit = 256 << 20

func readRecord(r *bufio.Reader) ([]byte, error) {
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n > recordLimit {
		return nil, errChecksum
	}
	payload, err := io.ReadAll(io.LimitReader(r, int64(n)))
	if err != nil {
		return nil, err
	}
	if len(payload) < int(n) {
		return nil, io.ErrUnexpectedEOF
	}
	if crc32.Checksum(payload, castagnoli) != binary.BigEndian.Uint32(head[4:]) {
		return nil, errChecksum
	}
	return payload, nil
}

func atEnd(r *bufio.Reader) bool {
	_, err := r.Peek(1)
	return err == io.EOF
}

// syncDir makes a file's name durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
