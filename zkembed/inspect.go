package zkembed

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"oakmoot/internal/run/dirlock"
	"oakmoot/internal/zk/zkwire"
)

// DirInUse tells whether a server runs on a data directory.
func DirInUse(dir string) bool { return dirlock.Held(dir) }

// Inspect calls each for everything in a data directory: file by file, snapshots
// first, in the order of their zxids. It writes nothing and takes no lock, so that a
// directory in use can be read: what is read of the last log ends then with a record
// that was whole, or with a torn one. Its error, with ErrDamaged in the chain when
// something is damaged, comes after all that can be read, but that of each comes at
// once.
func Inspect(dir string, each func(Entry) error) error {
	var damaged error
	for _, kind := range []struct {
		prefix string
		name   func(Zxid) string
		read   func(*inspection) error
	}{{snapshotPrefix, snapshotName, (*inspection).snapshot}, {logPrefix, logName, (*inspection).log}} {
		zxids, err := numbered(dir, kind.prefix)
		if err != nil {
			return err
		}
		for i, zxid := range zxids {
			in := inspection{dir: dir, zxid: zxid, name: kind.name(zxid), last: i == len(zxids)-1, each: each}
			err := in.file(kind.read)
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
	dir  string
	name string
	zxid Zxid
	last bool // of its kind
	each func(Entry) error

	size   int64
	offset int64
	r      *bufio.Reader
}

func (in *inspection) file(read func(*inspection) error) error {
	f, err := os.Open(filepath.Join(in.dir, in.name))
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	in.size, in.r = info.Size(), bufio.NewReaderSize(f, 1<<20)
	if err := in.each(Entry{File: in.name, Kind: EntryFile, Size: in.size, Zxid: in.zxid}); err != nil {
		return err
	}
	return read(in)
}

// torn tells of a record that was cut short, damaged of one that is damaged.
func (in *inspection) torn(problem error) error {
	return in.each(Entry{File: in.name, Offset: in.offset, Kind: EntryTorn, Size: in.size - in.offset, Problem: problem})
}

func (in *inspection) damaged(problem error) error {
	if err := in.each(Entry{File: in.name, Offset: in.offset, Kind: EntryDamaged, Size: in.size - in.offset, Problem: problem}); err != nil {
		return err
	}
	return fmt.Errorf("%w: %s, record at offset %d: %w", ErrDamaged, filepath.Join(in.dir, in.name), in.offset, problem)
}

// log tells of the transactions of a log. Behind a record whose head is whole it
// goes on, even when the record is damaged.
func (in *inspection) log() error {
	if err := readHeader(in.r, in.name, logMagic, "log"); err != nil {
		if isShort(err) && in.last {
			return in.torn(io.ErrUnexpectedEOF)
		}
		return in.badHeader(err)
	}
	in.offset = int64(logHeaderSize)
	var found error
	for {
		payload, err := readRecord(in.r)
		switch {
		case err == io.EOF:
			return found
		case err == nil:
			err = in.batch(payload)
		case in.last && (err == io.ErrUnexpectedEOF || (err == errChecksum || err == errHead) && !headFollows(in.r) && onlyZeros(in.r)):
			return errors.Join(found, in.torn(err))
		}
		if err == errChecksum || err == zkwire.ErrShort {
			found = errors.Join(found, in.damaged(err))
		} else if err != nil {
			return errors.Join(found, in.unlessOurs(err))
		}
		in.offset += int64(recordHead + len(payload))
	}
}

// headFollows tells, without reading on, that a record's head comes next.
func headFollows(r *bufio.Reader) bool {
	head, err := r.Peek(recordHead)
	return err == nil && wholeHead(head)
}

// eachError carries the error of the caller's function through.
type eachError struct{ error }

// unlessOurs tells of damage, unless the caller's function has failed.
func (in *inspection) unlessOurs(err error) error {
	if own, ok := err.(eachError); ok {
		return own.error
	}
	return in.damaged(cutShort(err))
}

func (in *inspection) badHeader(err error) error {
	if errors.Is(err, ErrNewer) {
		return err
	}
	return in.damaged(err)
}

func isShort(err error) bool { return err == io.EOF || err == io.ErrUnexpectedEOF }

func (in *inspection) batch(payload []byte) error {
	var failed error
	err := decodeBatch(payload, func(t *txn) {
		if failed == nil {
			failed = in.each(Entry{File: in.name, Offset: in.offset, Kind: EntryTxn, Txn: told(t)})
		}
	})
	if failed != nil {
		return eachError{failed}
	}
	return err
}

// snapshot tells of the sessions and nodes of a snapshot.
func (in *inspection) snapshot() error {
	if err := readHeader(in.r, in.name, snapshotMagic, "snapshot"); err != nil {
		return in.badHeader(err)
	}
	in.offset = int64(snapshotHeadSize)
	nodes := 0
	for first := true; ; first = false {
		record, err := readRecord(in.r)
		if err != nil {
			return in.damaged(cutShort(err))
		}
		d := zkwire.NewDecoder(record)
		switch {
		case first:
			err = in.sessions(d)
		case len(record) == snapshotTail:
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
		in.offset += int64(recordHead + len(record))
	}
}

func (in *inspection) sessions(d *zkwire.Decoder) error {
	d.Long() // the zxid, which is in the file's name too
	for n := d.Int(); n > 0 && d.Err() == nil; n-- {
		sess := Session{ID: SessionID(d.Long()), Timeout: millis(d.Int())}
		if d.Err() != nil {
			break
		}
		if err := in.each(Entry{File: in.name, Offset: in.offset, Kind: EntrySession, Session: &sess}); err != nil {
			return eachError{err}
		}
	}
	return d.Err()
}

func (in *inspection) nodes(d *zkwire.Decoder, count *int) error {
	for d.Rest() > 0 {
		path, n := decodeNode(d)
		if d.Err() != nil {
			break
		}
		*count++
		node := Node{Path: path, Data: n.data(), Stat: n.wireStat()}
		node.Stat.Cversion = zkwire.Version(n.created())
		if err := in.each(Entry{File: in.name, Offset: in.offset, Kind: EntryNode, Node: &node}); err != nil {
			return eachError{err}
		}
	}
	return d.Err()
}
