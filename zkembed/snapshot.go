package zkembed

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"oakmoot/internal/zkwire"
)

// A snapshot is the whole state after a transaction: a name, the version of the
// format, a checksum, and then zxid, sessions and nodes.
const (
	snapshotMagic    = "oakmootzksnap"
	snapshotHeadSize = len(snapshotMagic) + 8
)

// Prefixes of the files in a data directory; a zxid in hexadecimal follows.
const (
	logPrefix      = "log."
	snapshotPrefix = "snapshot."
)

// snapshot captures the state; parents come before their children.
func (s *state) snapshot() []byte {
	e := zkwire.Encoder{Buf: make([]byte, snapshotHeadSize, s.snapshotSize())}
	e.Long(int64(s.zxid))
	e.Int(int32(len(s.sessions.byID)))
	for id, sess := range s.sessions.byID {
		e.Long(int64(id))
		e.Int(int32(sess.timeout.Milliseconds()))
	}
	e.Int(int32(len(s.tree.nodes)))
	s.tree.walk("/", func(path string, n *znode) { n.encode(&e, path) })
	copy(e.Buf, snapshotMagic)
	binary.BigEndian.PutUint32(e.Buf[len(snapshotMagic):], logVersion)
	binary.BigEndian.PutUint32(e.Buf[len(snapshotMagic)+4:], crc32.Checksum(e.Buf[snapshotHeadSize:], castagnoli))
	return e.Buf
}

// snapshotSize guesses how many bytes a snapshot will need.
func (s *state) snapshotSize() int {
	const perNode, perSession = 120, 12
	return int(s.tree.bytes) + perNode*len(s.tree.nodes) + perSession*len(s.sessions.byID) + snapshotHeadSize
}

func (n *znode) encode(e *zkwire.Encoder, path string) {
	e.String(path)
	e.Buffer(n.data)
	e.ACLs(n.acl)
	e.Long(int64(n.stat.czxid))
	e.Long(int64(n.stat.mzxid))
	e.Long(int64(n.stat.pzxid))
	e.Long(n.stat.ctime)
	e.Long(n.stat.mtime)
	e.Int(n.stat.version)
	e.Int(n.stat.aversion)
	e.Int(n.stat.created)
	e.Long(n.stat.owner)
}

func decodeNode(d *zkwire.Decoder) (path string, n *znode) {
	path = d.String()
	n = &znode{data: clone(d.Buffer()), acl: internACL(d.ACLs())}
	n.stat = persistedStat{
		czxid: Zxid(d.Long()), mzxid: Zxid(d.Long()), pzxid: Zxid(d.Long()), ctime: d.Long(), mtime: d.Long(),
		version: d.Int(), aversion: d.Int(), created: d.Int(), owner: d.Long(),
	}
	return path, n
}

// snapshotWriter writes one snapshot at a time, beside the state.
type snapshotWriter struct {
	done chan error // of the write under way; nil without one
}

// start writes a snapshot and then removes the files that it replaces. The
// goroutine belongs to whoever calls wait.
func (w *snapshotWriter) start(dir string, zxid Zxid, snapshot []byte) {
	done := make(chan error, 1)
	w.done = done
	go func() {
		err := writeFile(filepath.Join(dir, snapshotName(zxid)), snapshot)
		if err == nil {
			err = removeBefore(dir, zxid)
		}
		done <- err
	}()
}

// wait returns when nothing is being written.
func (w *snapshotWriter) wait() error {
	if w.done == nil {
		return nil
	}
	err := <-w.done
	w.done = nil
	return err
}

// writeFile makes a durable file as a whole or not at all.
func writeFile(name string, b []byte) error {
	tmp, err := os.Create(name + ".new")
	if err != nil {
		return err
	}
	_, err = tmp.Write(b)
	if err == nil {
		err = tmp.Sync()
	}
	if closeErr := tmp.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(tmp.Name(), name)
	}
	if err == nil {
		err = syncDir(filepath.Dir(name))
	}
	return err
}

func snapshotName(zxid Zxid) string { return fmt.Sprintf(snapshotPrefix+"%016x", int64(zxid)) }

// readSnapshot restores the state from a file.
func (s *state) readSnapshot(path string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	head := len(snapshotMagic)
	if len(b) < snapshotHeadSize || string(b[:head]) != snapshotMagic {
		return fmt.Errorf("%w: %s does not begin as a snapshot", ErrDamaged, path)
	}
	if v := binary.BigEndian.Uint32(b[head:]); v > logVersion {
		return fmt.Errorf("%w: %s is of version %d, known are versions up to %d", ErrNewer, path, v, logVersion)
	}
	body := b[snapshotHeadSize:]
	if crc32.Checksum(body, castagnoli) != binary.BigEndian.Uint32(b[head+4:]) {
		return fmt.Errorf("%w: %s: %w", ErrDamaged, path, errChecksum)
	}
	if err := s.decodeSnapshot(zkwire.NewDecoder(body)); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrDamaged, path, err)
	}
	return nil
}

// leastNode is how many bytes a node needs at least; a count of nodes is believed
// as far as that.
const leastNode = 72

func (s *state) decodeSnapshot(d *zkwire.Decoder) error {
	s.zxid = Zxid(d.Long())
	for n := d.Int(); n > 0 && d.Err() == nil; n-- {
		id, timeout := SessionID(d.Long()), d.Int()
		s.sessions.open(id, millis(timeout), s.now)
	}
	nodes := int(d.Int())
	if d.Err() != nil || nodes < 0 || nodes > d.Rest()/leastNode {
		return zkwire.ErrShort
	}
	s.tree = emptyTree(nodes)
	for ; nodes > 0; nodes-- {
		path, n := decodeNode(d)
		if d.Err() != nil {
			return d.Err()
		}
		if s.tree.nodes[path] != nil || path != "/" && !s.tree.hasPlace(path) {
			return fmt.Errorf("%q does not fit the tree", path)
		}
		s.tree.put(path, n)
	}
	for path := range builtin {
		if n := s.tree.nodes[path]; n == nil || n.stat.owner != ownerNone {
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

// removeBefore removes the logs and snapshots that the snapshot at zxid replaces.
func removeBefore(dir string, zxid Zxid) error {
	for _, kind := range []struct {
		prefix string
		name   func(Zxid) string
		first  Zxid // to be kept
	}{{logPrefix, logName, zxid + 1}, {snapshotPrefix, snapshotName, zxid}} {
		old, err := numbered(dir, kind.prefix)
		if err != nil {
			return err
		}
		for _, z := range old {
			if z >= kind.first {
				break
			}
			if err := os.Remove(filepath.Join(dir, kind.name(z))); err != nil && !errors.Is(err, os.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}
