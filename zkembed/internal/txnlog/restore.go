package txnlog

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/run/disk"
	"oakmoot/internal/zk/zkwire"
)

// End is where the last log of a directory ends.
type End struct {
	Path string // "" without any log
	Good int64  // how far it is intact; 0 when not even its header is
	Torn bool   // a record that was cut short follows
	Txns int    // behind the snapshot, of all logs
}

// Restore reads a database from a directory: the newest snapshot that is whole, and
// the transactions of the logs behind it. It changes nothing in the directory and
// takes no lock. Its error has ErrDamaged in the chain when acknowledged transactions
// are missing or cannot be read.
func Restore(dir string, db Database, log hclog.Logger) (End, error) {
	return restore(disk.OS{}, dir, db, log)
}

func restore(d disk.Disk, dir string, db Database, log hclog.Logger) (End, error) {
	r := &restoration{disk: d, dir: dir, db: db, log: log}
	damaged, err := r.snapshots()
	if err != nil {
		return r.end, err
	}
	before := db.Zxid()
	if err := r.logs(); err != nil {
		return r.end, err
	}
	r.end.Txns = int(db.Zxid() - before)
	if damaged != nil && db.Zxid() < damaged.zxid {
		return r.end, damaged.err // the logs do not reach as far as it does
	}
	return r.end, nil
}

// restoration is one under way.
type restoration struct {
	disk disk.Disk
	dir  string
	db   Database
	log  hclog.Logger
	end  End
}

// damagedSnapshot is the newest of the snapshots that are not whole.
type damagedSnapshot struct {
	zxid zkwire.Zxid
	err  error
}

// snapshots reads the newest snapshot that is intact, and returns the newest that is not:
// FileSnap.deserialize goes back in the same way. Without an intact one the database is that
// of an empty directory, and complete logs lead on from there.
func (r *restoration) snapshots() (newest *damagedSnapshot, err error) {
	zxids, err := Snapshots.list(r.disk, r.dir)
	if err != nil {
		return nil, err
	}
	for _, zxid := range slices.Backward(zxids) {
		err := r.snapshot(zxid)
		if !errors.Is(err, ErrDamaged) {
			return newest, err
		}
		r.log.Warn("snapshot is damaged, an older one and the logs may do", "error", err)
		if newest == nil {
			newest = &damagedSnapshot{zxid, err}
		}
		r.db.Clear()
	}
	return newest, nil
}

func (r *restoration) snapshot(zxid zkwire.Zxid) error {
	f, err := open(r.disk, r.dir, Snapshots, zxid)
	if err != nil {
		return err
	}
	defer f.Close()
	err = f.Header(f.Path())
	if isShort(err) {
		return fmt.Errorf("%w: %s: it ends in its header", ErrDamaged, f.Path())
	}
	if err != nil {
		return err
	}
	if err := r.decodeSnapshot(f); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrDamaged, f.Path(), err)
	}
	return nil
}

func (r *restoration) decodeSnapshot(f *Reader) error {
	decode := r.db.DecodeSessions
	for first := true; ; first = false {
		record, err := f.Next()
		if err != nil {
			return CutShort(err)
		}
		d := zkwire.NewDecoder(record)
		if !first && len(record) == SnapshotTail {
			if n := int(d.Int()); n != r.db.Nodes() {
				return fmt.Errorf("%d nodes of %d", r.db.Nodes(), n)
			}
			return r.db.Check()
		}
		if err := decode(d); err != nil {
			return err
		}
		decode = r.db.DecodeNodes
	}
}

// logs repeats what is in the logs and not in the snapshot.
func (r *restoration) logs() error {
	zxids, err := Logs.list(r.disk, r.dir)
	if err != nil {
		return err
	}
	for i, first := range zxids {
		next, last := r.db.Zxid()+1, i == len(zxids)-1
		if !last && zxids[i+1] <= next {
			continue // all of it is in the snapshot
		}
		if first > next {
			return fmt.Errorf("%w: %s: transactions from 0x%x on are missing before %s", ErrDamaged, r.dir, int64(next), Logs.Name(first))
		}
		if err := r.replay(first, last); err != nil {
			return err
		}
	}
	return nil
}

// replay repeats what is in one log. Only the last log may end in a torn record.
func (r *restoration) replay(first zkwire.Zxid, last bool) error {
	f, err := open(r.disk, r.dir, Logs, first)
	if err != nil {
		return err
	}
	defer f.Close()
	r.end.Torn, err = r.records(f)
	r.end.Path, r.end.Good = f.Path(), f.Offset()
	if err == nil && r.end.Torn && !last {
		err = fmt.Errorf("%w: %s, record at offset %d: cut short, and there is a later log", ErrDamaged, f.Path(), f.Offset())
	}
	return err
}

// records repeats what is in the records of a log, and reports whether it ends in a torn
// one. Damage anywhere else is an error.
func (r *restoration) records(f *Reader) (torn bool, err error) {
	if err := f.Header(f.Path()); err != nil {
		if isShort(err) {
			return true, nil
		}
		return false, err
	}
	for {
		payload, err := f.Next()
		switch {
		case err == io.EOF:
			return false, nil
		case f.Torn(err):
			return true, nil
		case err == nil:
			err = r.redo(f, payload)
		default:
			err = damagedRecord(f, err)
		}
		if err != nil {
			return false, err
		}
	}
}

// redo repeats the transactions of a record that are not in the database yet.
func (r *restoration) redo(f *Reader, payload []byte) error {
	d := zkwire.NewDecoder(payload)
	for d.Rest() > 0 {
		zxid, redo := r.db.DecodeTxn(d)
		if d.Err() != nil {
			return damagedRecord(f, d.Err())
		}
		next := r.db.Zxid() + 1
		if zxid > next {
			return fmt.Errorf("%w: %s: transactions from 0x%x on are missing", ErrDamaged, f.Path(), int64(next))
		}
		if zxid < next {
			continue
		}
		if err := redo(); err != nil {
			return fmt.Errorf("%w: %s: %w", ErrDamaged, f.Path(), err)
		}
	}
	return nil
}

func damagedRecord(f *Reader, err error) error {
	return fmt.Errorf("%w: %s, record at offset %d: %w", ErrDamaged, f.Path(), f.Offset(), err)
}
