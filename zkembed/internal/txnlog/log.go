package txnlog

import (
	"fmt"
	"math"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/run/dirlock"
	"oakmoot/internal/run/disk"
	"oakmoot/internal/zk/zkwire"
)

// Options say how a Log keeps its database.
type Options struct {
	Sync          time.Duration // how long writes may wait to be made durable: 0 is not at all, Never is forever
	SnapshotEvery int           // transactions between snapshots, at least
	Retain        int           // snapshots that are kept, with the logs behind the oldest of them
	Log           hclog.Logger

	// Gate is asked before each operation on a file, as a [disk.Gate] is; nil lets all pass.
	Gate func(op, path string, bytes int) (pass int, err error)

	BeforeWrite, BeforeSync func() error        // what they return is the disk's error; nil is never one
	Synced, Saved           func(time.Duration) // are called with how long an fsync, and a snapshot, took

	disk disk.Disk // behind Gate
}

// withDefaults fills in the disk and the functions that were left out.
func (o Options) withDefaults() Options {
	o.disk = disk.OS{}
	if gate := o.Gate; gate != nil {
		o.disk = disk.Gated(o.disk, func(op disk.Op, path string, bytes int) (int, error) { return gate(string(op), path, bytes) })
	}
	for _, f := range []*func() error{&o.BeforeWrite, &o.BeforeSync} {
		if *f == nil {
			*f = func() error { return nil }
		}
	}
	for _, f := range []*func(time.Duration){&o.Synced, &o.Saved} {
		if *f == nil {
			*f = func(time.Duration) {}
		}
	}
	return o
}

// Never leaves it to the operating system when something becomes durable.
const Never time.Duration = math.MaxInt64

const (
	batchBytes = 1 << 20 // of a record, once no more transactions should join it

	// A snapshot needs at least one transaction for this many nodes, which keeps its cost
	// in proportion: a big tree is written less often.
	nodesPerSnapshotTxn = 4
)

// Log is a database's write-ahead log. Transactions that are appended between two
// flushes are one record, and become durable together. A nil Log is that of a database in
// memory: it accepts everything and does nothing.
type Log struct {
	dir      string
	opts     Options
	db       Database
	lock     *dirlock.Lock
	file     *logFile
	batch    zkwire.Encoder // the record under way
	since    int            // transactions since the latest snapshot began
	synced   time.Time      // when the log was last made durable
	snapshot *snapshot      // under way; nil without one
	err      error          // the first failure; it is for good
}

// OpenLog locks a directory, which it makes if it is missing, and restores the database from
// it. The log goes on after the last transaction; replayed is how many there were after the
// snapshot.
func OpenLog(dir string, db Database, opts Options) (l *Log, replayed int, err error) {
	opts = opts.withDefaults()
	lock, err := hold(opts.disk, dir)
	if err != nil {
		return nil, 0, err
	}
	l = &Log{dir: dir, opts: opts, db: db, lock: lock}
	end, err := restore(opts.disk, dir, db, opts.Log)
	if err == nil {
		err = l.goOn(end)
	}
	if err != nil {
		l.Close()
		return nil, 0, fmt.Errorf("zookeeper data: %w", err)
	}
	l.since = end.Txns
	return l, end.Txns, nil
}

// hold makes and locks a directory.
func hold(d disk.Disk, dir string) (*dirlock.Lock, error) {
	if err := d.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("zookeeper data: %w", err)
	}
	lock, err := dirlock.Acquire(dir)
	if err != nil {
		return nil, fmt.Errorf("zookeeper data %s: %w", dir, err)
	}
	return lock, nil
}

// goOn opens the last log at its end, where a torn record is cut off, or begins a new one
// if there is none, or if not even its header was written.
func (l *Log) goOn(end End) (err error) {
	if end.Torn {
		l.opts.Log.Warn("torn last record cut off", "file", end.Path, "offset", end.Good)
	}
	if end.Good == 0 {
		l.file, err = createFile(l.dir, l.db.Zxid()+1, &l.opts)
	} else {
		l.file, err = continueFile(end.Path, end.Good, &l.opts)
	}
	return err
}

// Append adds a transaction that has been carried out to the batch.
func (l *Log) Append(t Txn) {
	if l == nil {
		return
	}
	if !l.Pending() {
		l.batch.Buf = append(l.batch.Buf, make([]byte, HeadSize)...)
	}
	t.Encode(&l.batch)
	l.since++
}

// Pending reports whether there is a batch to be written.
func (l *Log) Pending() bool { return l != nil && len(l.batch.Buf) > 0 }

// Full reports whether the batch should be written before it grows further.
func (l *Log) Full() bool { return l != nil && len(l.batch.Buf) >= batchBytes }

// SyncDue is when Flush should be called even if nothing was appended, because what was
// written has waited long enough.
func (l *Log) SyncDue() (at time.Time, due bool) {
	if l == nil || !l.file.unsynced || l.opts.Sync == 0 || l.opts.Sync == Never {
		return time.Time{}, false
	}
	return l.synced.Add(l.opts.Sync), true
}

// Flush writes the batch and, as the options ask, makes it durable; after enough
// transactions it begins a new file and a snapshot. After an error nothing more is written,
// and every Flush fails: what is on disk is unknown.
func (l *Log) Flush() error {
	if l == nil {
		return nil
	}
	err := l.err
	if err == nil && l.Pending() {
		err = l.file.append(l.batch.Buf)
		if l.batch.Buf = l.batch.Buf[:0]; cap(l.batch.Buf) > 2*batchBytes {
			l.batch.Buf = nil // one huge batch does not stay in memory
		}
	}
	if err == nil && l.file.unsynced && l.opts.Sync != Never && time.Since(l.synced) >= l.opts.Sync {
		err = l.sync()
	}
	if err == nil && l.snapshot == nil && l.since >= max(l.opts.SnapshotEvery, l.db.Nodes()/nodesPerSnapshotTxn) {
		err = l.roll()
	}
	if err != nil && l.err == nil {
		l.err = fmt.Errorf("zookeeper log %s: %w", l.file.Name(), err)
	}
	return l.err
}

// sync makes durable what was written.
func (l *Log) sync() error {
	began := time.Now()
	err := l.opts.BeforeSync()
	if err == nil {
		err = disk.Datasync(l.file.File)
	}
	if err == nil {
		l.synced, l.file.unsynced = time.Now(), false
		l.opts.Synced(l.synced.Sub(began))
	}
	return err
}

// roll begins a new log, and a snapshot of what came before it. The files that they replace
// are removed once the snapshot is on disk.
func (l *Log) roll() error {
	if err := l.file.finish(); err != nil { // the next file must not outlive this one's end
		return err
	}
	next, err := createFile(l.dir, l.db.Zxid()+1, &l.opts)
	if err != nil {
		return err
	}
	l.file, l.since = next, 0
	l.snapshot = startSnapshot(l.opts.disk, l.dir, l.opts.Retain, l.db)
	return nil
}

// Close ends the snapshot under way, finished or not, and unlocks the directory. A batch
// that was not flushed is lost.
func (l *Log) Close() {
	if l == nil {
		return
	}
	if l.snapshot != nil {
		l.saved(l.snapshot.abandon())
	}
	if l.file != nil {
		_ = l.file.finish() // what was acknowledged has been written
	}
	l.lock.Release()
}
