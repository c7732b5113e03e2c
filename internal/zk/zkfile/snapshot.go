package zkfile

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"hash/adler32"
	"io"
	"maps"
	"slices"

	"oakmoot/internal/zk/zkwire"
)

// openACLID stands for the ACL that is open to everybody.
const openACLID int64 = -1

var (
	errSnapshotMagic = errors.New("it does not begin as a snapshot")
	errSeal          = errors.New("what follows the nodes has a wrong checksum")
)

// readSnapshot reads an image: FileSnap.deserialize. The tree's digest and the last
// zxid, which only newer servers write, may be missing.
func readSnapshot(r io.Reader, zxid zkwire.Zxid) (*Image, error) {
	s := newStream(bufio.NewReaderSize(r, readAhead))
	img, err := decodeSnapshot(s)
	if err == nil {
		err = s.err
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, fmt.Errorf("%w: near offset %d: %w", ErrDamaged, s.at, err)
	}
	if img.Zxid = max(zxid, img.Zxid); img.Digest != nil && img.Digest.Zxid < img.Zxid {
		img.Digest = nil // from before the snapshot began: DataTree.deserializeZxidDigest
	}
	return img, img.check()
}

func decodeSnapshot(s *stream) (*Image, error) {
	if !s.header(snapshotMagic) {
		return nil, errOr(s.err, errSnapshotMagic)
	}
	img := newImage()
	for n := s.int(); n > 0 && s.err == nil; n-- {
		id := zkwire.SessionID(s.long())
		img.Sessions[id] = s.int()
	}
	lists := map[int64][]zkwire.ACL{}
	for n := s.int(); n > 0 && s.err == nil; n-- {
		id := s.long()
		lists[id] = s.acls()
	}
	for path := s.string(); path != "/" && s.err == nil; path = s.string() {
		if path == "" {
			path = "/"
		}
		n := s.node(lists)
		if s.err != nil {
			break
		}
		if path != "/" && img.Nodes[parentOf(path)] == nil {
			return nil, fmt.Errorf("%q has no parent", path)
		}
		img.put(path, n)
	}
	if !s.sealed() {
		return nil, errOr(s.err, errSeal)
	}
	return img, s.trailer(img)
}

func errOr(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// acls reads a list of the ACL cache.
func (s *stream) acls() []zkwire.ACL {
	var list []zkwire.ACL
	for n := s.int(); n > 0 && s.err == nil; n-- {
		perms := zkwire.Perm(s.int())
		list = append(list, zkwire.ACL{Perms: perms, ID: zkwire.ID{Scheme: s.string(), ID: s.string()}})
	}
	return list
}

func (s *stream) node(lists map[int64][]zkwire.ACL) *Node {
	n := &Node{Data: s.buffer()}
	acl := s.long()
	n.Czxid, n.Mzxid, n.Ctime, n.Mtime = zkwire.Zxid(s.long()), zkwire.Zxid(s.long()), s.long(), s.long()
	n.Version, n.Created, n.Aversion, n.Owner, n.Pzxid = s.int(), s.int(), s.int(), s.long(), zkwire.Zxid(s.long())
	list, known := lists[acl]
	if !known && acl != openACLID && s.err == nil {
		s.fail(fmt.Errorf("ACL %d is missing", acl))
	}
	n.ACL = list
	return n
}

// sealed checks the checksum of everything before it: SnapStream.checkSealIntegrity.
func (s *stream) sealed() bool {
	sum := int64(s.sum.Sum32())
	got := s.long()
	s.string() // "/"
	return s.err == nil && got == sum
}

// trailer reads the digest and the last zxid, if they are there.
func (s *stream) trailer(img *Image) error {
	zxid := zkwire.Zxid(s.long())
	if s.err == io.EOF {
		s.err = nil
		return nil
	}
	digest := ImageDigest{Zxid: zxid, Digest: Digest{Version: s.int()}}
	if digest.Version < digestVersion {
		s.string() // in hexadecimal, of a version that is not computed here
	} else {
		digest.Value = s.long()
	}
	if !s.sealed() {
		return errOr(s.err, errSeal)
	}
	if digest.Zxid > 0 {
		img.Digest = &digest
	}
	last := s.long()
	if s.err == io.EOF {
		s.err = nil
		return nil
	}
	if img.Zxid = zkwire.Zxid(last); !s.sealed() {
		return errOr(s.err, errSeal)
	}
	return nil
}

// WriteSnapshot writes an image with its digest: FileSnap.serialize.
func WriteSnapshot(to io.Writer, img *Image) error {
	w := &writer{to: to}
	w.sum = adler32.New()
	w.Int(snapshotMagic)
	w.Int(fileVersion)
	w.Long(snapshotDBID)
	w.Int(int32(len(img.Sessions)))
	for _, id := range slices.Sorted(maps.Keys(img.Sessions)) {
		w.Long(int64(id))
		w.Int(img.Sessions[id])
	}
	paths := slices.SortedFunc(maps.Keys(img.Nodes), ComparePaths)
	ids := w.acls(img, paths)
	for _, path := range paths {
		w.node(path, img.Nodes[path], ids)
	}
	w.String("/")
	w.seal()
	sum := img.Sum()
	w.Long(int64(img.Zxid))
	w.Int(sum.Version)
	w.Long(sum.Value)
	w.seal()
	w.Long(int64(img.Zxid))
	w.seal()
	return w.err
}

// ComparePaths orders paths part by part, parents first.
func ComparePaths(a, b string) int {
	for i := range min(len(a), len(b)) {
		switch {
		case a[i] == b[i]:
		case a[i] == '/':
			return -1
		case b[i] == '/':
			return 1
		default:
			return cmp.Compare(a[i], b[i])
		}
	}
	return cmp.Compare(len(a), len(b))
}

// writer writes jute values and sums up what it has written. It is sticky.
type writer struct {
	zkwire.Encoder
	to  io.Writer
	sum interface {
		io.Writer
		Sum32() uint32
	}
	err error
}

// flush writes what has been encoded.
func (w *writer) flush() {
	if w.err != nil {
		return
	}
	_, _ = w.sum.Write(w.Buf) // a hash never fails
	_, w.err = w.to.Write(w.Buf)
	w.Buf = w.Buf[:0]
}

func (w *writer) seal() {
	w.flush()
	w.Long(int64(w.sum.Sum32()))
	w.String("/")
	w.flush()
}

// acls writes the ACL cache and returns the ids of its lists, by their encoding.
func (w *writer) acls(img *Image, paths []string) map[string]int64 {
	ids := map[string]int64{}
	var list zkwire.Encoder
	for _, path := range paths {
		if n := img.Nodes[path]; n.ACL != nil {
			key := aclKey(n.ACL)
			if ids[key] == 0 {
				ids[key] = int64(len(ids) + 1)
				list.Long(ids[key])
				list.ACLs(n.ACL)
			}
		}
	}
	w.Int(int32(len(ids)))
	w.Buf = append(w.Buf, list.Buf...)
	return ids
}

func aclKey(list []zkwire.ACL) string {
	var e zkwire.Encoder
	e.ACLs(list)
	return string(e.Buf)
}

func (w *writer) node(path string, n *Node, ids map[string]int64) {
	if path == "/" {
		path = ""
	}
	w.String(path)
	w.Buffer(n.Data)
	acl := openACLID
	if n.ACL != nil {
		acl = ids[aclKey(n.ACL)]
	}
	w.Long(acl)
	for _, v := range []int64{int64(n.Czxid), int64(n.Mzxid), n.Ctime, n.Mtime} {
		w.Long(v)
	}
	w.Int(n.Version)
	w.Int(n.Created)
	w.Int(n.Aversion)
	w.Long(n.Owner)
	w.Long(int64(n.Pzxid))
	if len(w.Buf) >= block {
		w.flush()
	}
}
