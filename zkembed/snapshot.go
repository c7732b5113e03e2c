package zkembed

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"oakmoot/internal/zk/zkwire"
)

// A snapshot is the whole state after a transaction: a name and the version of the
// format, then records with heads like those of the log. The first is zxid and
// sessions, the others are nodes, and the last, a number, is how many of them.
const (
	snapshotMagic    = "oakmootzksnap"
	snapshotHeadSize = len(snapshotMagic) + 4
	snapshotTail     = 4 // bytes of the last record
)

// Prefixes of the files in a data directory; a zxid in hexadecimal follows.
const (
	logPrefix      = "log."
	snapshotPrefix = "snapshot."
)

func snapshotName(zxid Zxid) string { return fmt.Sprintf(snapshotPrefix+"%016x", int64(zxid)) }

// encode writes a node with its path, of which dir is its parent's: what join makes of
// it and the name, without a string for each of a million nodes.
func (n *znode) encode(e *zkwire.Encoder, dir string) {
	if dir == "/" {
		dir = ""
	}
	e.Int(int32(len(dir) + len("/") + len(n.name())))
	e.Buf = append(append(append(e.Buf, dir...), '/'), n.name()...)
	e.Buffer(n.data())
	if acl := n.acl(); isOpen(acl) {
		e.Int(-1)
	} else {
		e.ACLs(acl)
	}
	e.Long(int64(n.czxid))
	e.Long(int64(n.mzxid))
	e.Long(int64(n.pzxid()))
	e.Long(n.ctime)
	e.Long(n.mtime)
	e.Int(n.version)
	e.Int(n.aversion())
	e.Int(n.created())
	e.Long(n.owner())
}

func decodeNode(d *zkwire.Decoder) (path string, n *znode) {
	path = d.String()
	data, acl := d.Buffer(), internACL(d.ACLs())
	czxid, mzxid, pzxid, ctime, mtime := Zxid(d.Long()), Zxid(d.Long()), Zxid(d.Long()), d.Long(), d.Long()
	version, aversion, created, owner := d.Int(), d.Int(), d.Int(), d.Long()
	n = newNode(nameOf(path), data, acl, owner)
	n.czxid, n.mzxid, n.ctime, n.mtime, n.version = czxid, mzxid, ctime, mtime, version
	if n.more != nil || pzxid != czxid || created != 0 || aversion != 0 {
		m := n.extended()
		m.pzxid, m.created, m.aversion = pzxid, created, aversion
	}
	return path, n
}

// readSnapshot restores the state from a file.
func (s *state) readSnapshot(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 1<<20)
	err = readHeader(r, path, snapshotMagic, "snapshot")
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("%w: %s: it ends in its header", ErrDamaged, path)
	}
	if err != nil {
		return err
	}
	if err := s.decodeSnapshot(r); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrDamaged, path, err)
	}
	return nil
}

func (s *state) decodeSnapshot(r *bufio.Reader) error {
	first, err := readRecord(r)
	if err != nil {
		return cutShort(err)
	}
	if err := s.decodeSessions(zkwire.NewDecoder(first)); err != nil {
		return err
	}
	s.tree = emptyTree()
	for {
		record, err := readRecord(r)
		if err != nil {
			return cutShort(err)
		}
		d := zkwire.NewDecoder(record)
		if len(record) != snapshotTail {
			if err := s.tree.decodeNodes(d); err != nil {
				return err
			}
			continue
		}
		if n := int(d.Int()); n != s.tree.count {
			return fmt.Errorf("%d nodes of %d", s.tree.count, n)
		}
		return s.tree.checkBuiltin()
	}
}

// cutShort says in the words of a snapshot that the file has ended: it is written
// as a whole or not at all.
func cutShort(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

func (s *state) decodeSessions(d *zkwire.Decoder) error {
	s.zxid = Zxid(d.Long())
	for n := d.Int(); n > 0 && d.Err() == nil; n-- {
		id, timeout := SessionID(d.Long()), d.Int()
		s.sessions.open(id, millis(timeout), s.now)
	}
	return d.Err()
}

func (t *tree) decodeNodes(d *zkwire.Decoder) error {
	for d.Rest() > 0 {
		path, n := decodeNode(d)
		if d.Err() != nil {
			return d.Err()
		}
		switch isRoot := path == "/"; {
		case isRoot && t.root == nil:
		case isRoot, t.root == nil, !t.hasPlace(path), t.near(path) != nil:
			return fmt.Errorf("%q does not fit the tree", path)
		}
		t.put(path, n)
	}
	return d.Err()
}

func (t *tree) checkBuiltin() error {
	for path := range builtin {
		if t.root == nil || t.lookup(path) == nil || t.lookup(path).owner() != ownerNone {
			return fmt.Errorf("%s is missing, or owned", path)
		}
	}
	return nil
}

// numbered lists the files of a kind in a directory with their zxids, in order.
func numbered(dir, prefix string) ([]Zxid, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var zxids []Zxid
	for _, e := range entries {
		hex, ok := strings.CutPrefix(e.Name(), prefix)
		if !ok {
			continue
		}
		if n, err := strconv.ParseInt(hex, 16, 64); err == nil {
			zxids = append(zxids, Zxid(n))
		}
	}
	slices.Sort(zxids)
	return zxids, nil
}

// prune removes the snapshots before the latest few, and the logs that these do not
// need: PurgeTxnLog. A log begins right behind a snapshot.
func prune(dir string, retain int) error {
	snapshots, err := numbered(dir, snapshotPrefix)
	if err != nil || len(snapshots) == 0 {
		return err
	}
	kept := snapshots[max(0, len(snapshots)-max(1, retain)):]
	logs, err := numbered(dir, logPrefix)
	if err != nil {
		return err
	}
	for _, zxid := range logs {
		if zxid <= kept[0] {
			err = errors.Join(err, os.Remove(filepath.Join(dir, logName(zxid))))
		}
	}
	for _, zxid := range snapshots[:len(snapshots)-len(kept)] {
		err = errors.Join(err, os.Remove(filepath.Join(dir, snapshotName(zxid))))
	}
	return err
}
