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

// snapshotFile is the whole state after a transaction, as bytes with a checksum.
type snapshotFile struct {
	zxid Zxid
	body []byte
}

const snapshotMagic = "oakmootzksnap"

// snapshot captures the state; parents come before their children.
func (s *state) snapshot() (*snapshotFile, error) {
	var e zkwire.Encoder
	e.Long(int64(s.zxid))
	e.Int(int32(len(s.sessions.byID)))
	for id, sess := range s.sessions.byID {
		e.Long(int64(id))
		e.Int(int32(sess.timeout.Milliseconds()))
	}
	e.Int(int32(len(s.tree.nodes)))
	s.tree.walk("/", func(path string, n *znode) { n.encode(&e, path) })
	return &snapshotFile{zxid: s.zxid, body: e.Buf}, nil
}

// walk visits a node and all below it, parents first.
func (t *tree) walk(path string, each func(string, *znode)) {
	n := t.nodes[path]
	each(path, n)
	for name := range n.children {
		t.walk(join(path, name), each)
	}
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
	n = &znode{data: clone(d.Buffer()), acl: d.ACLs()}
	n.stat = persistedStat{
		czxid: Zxid(d.Long()), mzxid: Zxid(d.Long()), pzxid: Zxid(d.Long()), ctime: d.Long(), mtime: d.Long(),
		version: d.Int(), aversion: d.Int(), created: d.Int(), owner: d.Long(),
	}
	return path, n
}

// write puts the snapshot into the directory as a whole or not at all.
func (f *snapshotFile) write(dir string) error {
	b := binary.BigEndian.AppendUint32([]byte(snapshotMagic), logVersion)
	b = binary.BigEndian.AppendUint32(b, crc32.Checksum(f.body, castagnoli))
	b = append(b, f.body...)
	name := filepath.Join(dir, snapshotName(f.zxid))
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
		err = syncDir(dir)
	}
	return err
}

func snapshotName(zxid Zxid) string { return fmt.Sprintf("snapshot.%016x", int64(zxid)) }

// readSnapshot restores the state from a file.
func (s *state) readSnapshot(path string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	head := len(snapshotMagic)
	if len(b) < head+8 || string(b[:head]) != snapshotMagic {
		return fmt.Errorf("%w: %s does not begin as a snapshot", ErrDamaged, path)
	}
	if v := binary.BigEndian.Uint32(b[head:]); v > logVersion {
		return fmt.Errorf("%w: %s is of version %d, known are versions up to %d", ErrNewer, path, v, logVersion)
	}
	body := b[head+8:]
	if crc32.Checksum(body, castagnoli) != binary.BigEndian.Uint32(b[head+4:]) {
		return fmt.Errorf("%w: checksum of %s", ErrDamaged, path)
	}
	d := zkwire.NewDecoder(body)
	s.zxid = Zxid(d.Long())
	for n := d.Int(); n > 0 && d.Err() == nil; n-- {
		id, timeout := SessionID(d.Long()), d.Int()
		s.sessions.open(id, millis(timeout), s.now)
	}
	nodes := d.Int()
	s.tree = &tree{nodes: make(map[string]*znode, nodes), ephemerals: map[int64]map[string]struct{}{}, special: map[string]struct{}{}}
	for ; nodes > 0 && d.Err() == nil; nodes-- {
		path, n := decodeNode(d)
		s.tree.nodes[path] = n
		s.tree.own(path, n.stat.owner)
		if path != "/" && d.Err() == nil {
			s.tree.addChild(path)
		}
	}
	if d.Err() != nil {
		return fmt.Errorf("%w: %s: %w", ErrDamaged, path, d.Err())
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
	}{{"log.", logName}, {"snapshot.", snapshotName}} {
		old, err := numbered(dir, kind.prefix)
		if err != nil {
			return err
		}
		for _, z := range old {
			if kind.prefix == "log." && z > zxid || kind.prefix != "log." && z >= zxid {
				continue
			}
			if err := os.Remove(filepath.Join(dir, kind.name(z))); err != nil && !errors.Is(err, os.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}
