package zkembed

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"oakmoot/internal/run/dirlock"
	"oakmoot/internal/zk/zkwire"
	"oakmoot/zkembed/internal/tree"
	"oakmoot/zkembed/internal/txnlog"
)

// DirInUse reports whether a server runs on a data directory.
func DirInUse(dir string) bool { return dirlock.Held(dir) }

// Inspect calls each for everything in a data directory: file by file, snapshots
// first, in the order of their zxids. It writes nothing and takes no lock, so a
// directory in use can be read: the last log then ends with a whole record or with a torn
// one. Damage, with ErrDamaged in the chain of the error, is returned after everything
// that can be read; an error of each is returned at once.
func Inspect(dir string, each func(Entry) error) error {
	var damaged error
	for _, kind := range []struct {
		txnlog.Kind
		read func(*inspection) error
	}{{txnlog.Snapshots, (*inspection).snapshot}, {txnlog.Logs, (*inspection).log}} {
		zxids, err := kind.List(dir)
		if err != nil {
			return err
		}
		for i, zxid := range zxids {
			in := inspection{name: kind.Name(zxid), last: i == len(zxids)-1, each: each}
			err := in.file(dir, kind.Kind, zxid, kind.read)
			switch {
			case errors.Is(err, os.ErrNotExist): // a server in use has removed it
			case errors.Is(err, ErrDamaged):
				damaged = errors.Join(damaged, err)
			case err != nil:
				return err
			}
		}
	}
	return damaged
}

// inspection is the reading of one file.
type inspection struct {
	name string
	last bool // of its kind
	each func(Entry) error
	size int64
	r    *txnlog.Reader
}

func (in *inspection) file(dir string, kind txnlog.Kind, zxid zkwire.Zxid, read func(*inspection) error) (err error) {
	if in.r, err = txnlog.Open(dir, kind, zxid); err != nil {
		return err
	}
	defer in.r.Close()
	if in.size, err = in.r.Size(); err != nil {
		return err
	}
	if err := in.each(Entry{File: in.name, Kind: EntryFile, Size: in.size, Zxid: Zxid(zxid)}); err != nil {
		return err
	}
	return read(in)
}

// entry is one that the record being read holds.
func (in *inspection) entry(kind EntryKind) Entry {
	return Entry{File: in.name, Offset: in.r.Offset(), Kind: kind}
}

// bad yields the rest of the file, which is torn or damaged.
func (in *inspection) bad(kind EntryKind, problem error) error {
	e := in.entry(kind)
	e.Size, e.Problem = in.size-e.Offset, problem
	return in.each(e)
}

func (in *inspection) torn(problem error) error { return in.bad(EntryTorn, problem) }

func (in *inspection) damaged(problem error) error {
	if err := in.bad(EntryDamaged, problem); err != nil {
		return err
	}
	return fmt.Errorf("%w: %s, record at offset %d: %w", ErrDamaged, in.r.Path(), in.r.Offset(), problem)
}

// log yields the transactions of a log. It goes on behind a damaged record, as long as
// the record's head is whole.
func (in *inspection) log() error {
	if err := in.r.Header(in.name); err != nil {
		if in.last && in.r.Torn(txnlog.CutShort(err)) {
			return in.torn(io.ErrUnexpectedEOF)
		}
		return in.badHeader(err)
	}
	var found error
	for {
		payload, err := in.r.Next()
		switch {
		case err == io.EOF:
			return found
		case err == nil:
			err = in.batch(payload)
		case in.last && in.r.Torn(err):
			return errors.Join(found, in.torn(err))
		}
		if err == txnlog.ErrChecksum || err == zkwire.ErrShort {
			found = errors.Join(found, in.damaged(err))
		} else if err != nil {
			return errors.Join(found, in.unlessOurs(err))
		}
	}
}

// eachError is an error of the caller's function on its way out.
type eachError struct{ error }

// unlessOurs turns an error into damage, unless it is that of the caller's function.
func (in *inspection) unlessOurs(err error) error {
	if own, ok := err.(eachError); ok {
		return own.error
	}
	return in.damaged(txnlog.CutShort(err))
}

func (in *inspection) badHeader(err error) error {
	if errors.Is(err, ErrNewer) {
		return err
	}
	return in.damaged(err)
}

// batch yields the transactions of a record.
func (in *inspection) batch(payload []byte) error {
	d := zkwire.NewDecoder(payload)
	for d.Rest() > 0 {
		t := tree.DecodeTxn(d)
		if d.Err() != nil {
			return d.Err()
		}
		e := in.entry(EntryTxn)
		e.Txn = txnOf(t)
		if err := in.each(e); err != nil {
			return eachError{err}
		}
	}
	return nil
}

// snapshot yields the sessions and nodes of a snapshot.
func (in *inspection) snapshot() error {
	if err := in.r.Header(in.name); err != nil {
		return in.badHeader(err)
	}
	nodes := 0
	for first := true; ; first = false {
		record, err := in.r.Next()
		if err != nil {
			return in.damaged(txnlog.CutShort(err))
		}
		d := zkwire.NewDecoder(record)
		switch {
		case first:
			err = in.sessions(d)
		case len(record) == txnlog.SnapshotTail:
			if n := int(d.Int()); n != nodes {
				return in.damaged(fmt.Errorf("%d nodes of %d", nodes, n))
			}
			return nil
		default:
			err = in.nodes(d, &nodes)
		}
		if err != nil {
			return in.unlessOurs(err)
		}
	}
}

func (in *inspection) sessions(d *zkwire.Decoder) error {
	d.Long() // the zxid, which is in the file's name too
	for n := d.Int(); n > 0 && d.Err() == nil; n-- {
		sess := Session{ID: SessionID(d.Long()), Timeout: millis(d.Int())}
		if d.Err() != nil {
			break
		}
		e := in.entry(EntrySession)
		e.Session = &sess
		if err := in.each(e); err != nil {
			return eachError{err}
		}
	}
	return d.Err()
}

func (in *inspection) nodes(d *zkwire.Decoder, count *int) error {
	for d.Rest() > 0 {
		path, n := tree.DecodeNode(d)
		if d.Err() != nil {
			break
		}
		*count++
		node := nodeOf(path, n)
		node.Stat.Cversion = NodeVersion(n.Created())
		e := in.entry(EntryNode)
		e.Node = &node
		if err := in.each(e); err != nil {
			return eachError{err}
		}
	}
	return d.Err()
}

// LastSnapshot is the zxid of the newest snapshot in a data directory, and when it
// was written: -1 and the zero time without one.
func LastSnapshot(dir string) (Zxid, time.Time, error) {
	if dir == "" {
		return -1, time.Time{}, nil
	}
	zxids, err := txnlog.Snapshots.List(dir)
	if err != nil || len(zxids) == 0 {
		return -1, time.Time{}, err
	}
	last := zxids[len(zxids)-1]
	info, err := os.Stat(filepath.Join(dir, txnlog.Snapshots.Name(last)))
	if err != nil {
		return -1, time.Time{}, err
	}
	return Zxid(last), info.ModTime(), nil
}
