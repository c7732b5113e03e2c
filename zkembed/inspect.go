package zkembed

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"oakmoot/internal/dirlock"
	"oakmoot/internal/zkwire"
)

// Entry is one thing that a data directory holds: a file, a transaction of a log, a
// session or a node of a snapshot, or a record that cannot be read.
type Entry struct {
	File    string // its name in the directory
	Offset  int64  // of the record that holds it
	Kind    EntryKind
	Txn     *Txn     // of EntryTxn
	Session *Session // of EntrySession; only ID and Timeout are known
	Node    *Node    // of EntryNode; its Cversion is how many children it ever had, and how many it has is not known
	Size    int64    // of EntryFile: of the file, in bytes; of EntryTorn and EntryDamaged: of the rest of it
	Zxid    Zxid     // of EntryFile: of a snapshot, or the first of a log, by the file's name
	Problem error    // of EntryTorn and EntryDamaged
}

// EntryKind is what an Entry is.
type EntryKind string

// Kinds of entries. A torn record is the last of the last log, cut short, and was
// never acknowledged; or it is being written at this moment. A server cuts it off. A
// damaged one is what keeps a server from starting.
const (
	EntryFile    EntryKind = "file"
	EntryTxn     EntryKind = "transaction"
	EntrySession EntryKind = "session"
	EntryNode    EntryKind = "node"
	EntryTorn    EntryKind = "torn"
	EntryDamaged EntryKind = "damaged"
)

// Txn is a transaction as the log keeps it.
type Txn struct {
	Zxid    Zxid
	Time    time.Time
	Session SessionID // whose request it was; 0 is the server itself
	Op      string    // the request
	Changes []Change  // none: a refused write, which used up its zxid
}

// Change is one thing that a transaction did.
type Change struct {
	Kind    CommitKind
	Path    string
	Data    []byte        // that is there now
	Mode    string        // of a creation: persistent, ephemeral, container or ttl
	Session SessionID     // that was opened or closed, or owns the created ephemeral
	Timeout time.Duration // of a session that was opened
	ACL     string        // that was set, as zkCli.sh writes it: world:anyone:cdrwa,digest:…
}

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

// told is a transaction for somebody outside.
func told(t *txn) *Txn {
	out := &Txn{Zxid: t.zxid, Time: time.UnixMilli(t.time).UTC(), Session: t.session, Op: t.op.String()}
	for _, e := range t.effects {
		c := Change{Kind: commitKinds[e.kind], Path: e.path, Data: e.data, Session: e.session, Timeout: millis(e.timeout)}
		if e.kind == effectCreate {
			c.Mode = modeOf(e.owner)
		}
		if e.kind == effectCreate || e.kind == effectSetACL {
			c.ACL = aclText(e.acl)
		}
		if isEphemeral(e.owner) {
			c.Session = SessionID(e.owner)
		}
		out.Changes = append(out.Changes, c)
	}
	return out
}

// modeOf is the kind of a node with a raw owner.
func modeOf(owner int64) string {
	switch {
	case owner == ownerNone:
		return "persistent"
	case owner == ownerContainer:
		return "container"
	case isTTL(owner):
		return "ttl"
	}
	return "ephemeral"
}

// aclText is a list as zkCli.sh writes it.
func aclText(list []zkwire.ACL) string {
	entries := make([]string, len(list))
	for i, a := range list {
		entries[i] = a.ID.Scheme + ":" + a.ID.ID + ":"
		for _, p := range permLetters {
			if a.Perms&p.perm != 0 {
				entries[i] += p.letter
			}
		}
	}
	return strings.Join(entries, ",")
}

var permLetters = []struct {
	perm   zkwire.Perm
	letter string
}{{zkwire.PermCreate, "c"}, {zkwire.PermDelete, "d"}, {zkwire.PermRead, "r"}, {zkwire.PermWrite, "w"}, {zkwire.PermAdmin, "a"}}
