package zkfile

import (
	"fmt"
	"hash/crc32"
	"strings"

	"oakmoot/internal/zk/zkwire"
)

// Image is the whole state of a server after a transaction.
type Image struct {
	Zxid     zkwire.Zxid
	Sessions map[zkwire.SessionID]int32 // timeouts in milliseconds
	Nodes    map[string]*Node           // by path; the root is "/"
	Digest   *ImageDigest               // nil without one

	owned map[int64]map[string]struct{} // ephemerals by session
}

// ImageDigest is what the tree has to add up to after a transaction.
type ImageDigest struct {
	Zxid zkwire.Zxid
	Digest
}

// Node is a znode as a snapshot keeps it: DataNode and StatPersisted.
type Node struct {
	Data              []byte       // nil is null
	ACL               []zkwire.ACL // nil is open to everybody
	Czxid, Mzxid      zkwire.Zxid
	Pzxid             zkwire.Zxid
	Ctime, Mtime      int64 // milliseconds since the epoch
	Version, Aversion int32
	Created           int32 // children ever created; StatPersisted calls it cversion
	Owner             int64 // raw: EphemeralType
}

func newImage() *Image {
	return &Image{Sessions: map[zkwire.SessionID]int32{}, Nodes: map[string]*Node{}, owned: map[int64]map[string]struct{}{}}
}

// fresh is the state of a server that has carried out nothing.
func fresh() *Image {
	img := newImage()
	for _, path := range []string{"/", "/zookeeper", "/zookeeper/quota"} {
		img.put(path, &Node{Data: []byte{}})
	}
	img.put("/zookeeper/config", configNode())
	return img
}

// configNode is /zookeeper/config of a stand-alone server.
func configNode() *Node {
	anyone := zkwire.ID{Scheme: "world", ID: "anyone"}
	return &Node{Data: []byte{}, ACL: []zkwire.ACL{{Perms: zkwire.PermRead, ID: anyone}}, Aversion: -1}
}

// parentOf is the path of a node's parent.
func parentOf(path string) string {
	if i := strings.LastIndexByte(path, '/'); i > 0 {
		return path[:i]
	}
	return "/"
}

func isEphemeral(owner int64) bool {
	return owner != 0 && owner != containerOwner && owner&ttlMask != ttlMask
}

func (img *Image) put(path string, n *Node) {
	img.Nodes[path] = n
	if isEphemeral(n.Owner) {
		if img.owned[n.Owner] == nil {
			img.owned[n.Owner] = map[string]struct{}{}
		}
		img.owned[n.Owner][path] = struct{}{}
	}
}

// apply carries out a transaction: DataTree.processTxn. The snapshot before the log was
// taken while the server went on, so the transaction may already have been carried out, in
// whole or in part; doing something a second time must leave the counters as they are.
func (img *Image) apply(t *Txn) {
	switch t.Op {
	case zkwire.OpCreateSession:
		img.Sessions[t.Session] = t.Timeout
	case zkwire.OpCloseSession:
		delete(img.Sessions, t.Session)
		defer func() {
			for path := range img.owned[int64(t.Session)] { // those that the transaction does not name
				img.remove(path, t.Zxid)
			}
		}()
	}
	for i := range t.Effects {
		img.change(&t.Effects[i], t)
	}
	img.Zxid = max(img.Zxid, t.Zxid)
}

func (img *Image) change(e *Effect, t *Txn) {
	n := img.Nodes[e.Path]
	switch e.Op {
	case zkwire.OpDelete:
		img.remove(e.Path, t.Zxid)
	case zkwire.OpSetData:
		if n != nil {
			n.Data, n.Version, n.Mzxid, n.Mtime = e.Data, e.Version, t.Zxid, t.Time
		}
	case zkwire.OpSetACL:
		if n != nil {
			n.ACL, n.Aversion = e.ACL, e.Version
		}
	default:
		img.create(e, t)
	}
}

func (img *Image) create(e *Effect, t *Txn) {
	parent := img.Nodes[parentOf(e.Path)]
	if parent == nil {
		return
	}
	created := e.Version
	if created == -1 {
		created = parent.Created + 1
	}
	there := img.Nodes[e.Path] != nil
	// Only a plain create of a node that already exists advances the counter.
	if created > parent.Created && (!there || e.Op == zkwire.OpCreate) {
		parent.Created, parent.Pzxid = created, t.Zxid
	}
	if there {
		return
	}
	img.put(e.Path, &Node{
		Data: e.Data, ACL: e.ACL, Owner: e.Owner,
		Czxid: t.Zxid, Mzxid: t.Zxid, Pzxid: t.Zxid, Ctime: t.Time, Mtime: t.Time,
	})
}

func (img *Image) remove(path string, zxid zkwire.Zxid) {
	parent := img.Nodes[parentOf(path)]
	if parent == nil {
		return
	}
	parent.Pzxid = max(parent.Pzxid, zxid)
	if n := img.Nodes[path]; n != nil && path != "/" {
		delete(img.owned[n.Owner], path)
		delete(img.Nodes, path)
	}
}

// check fails when a node has no parent.
func (img *Image) check() error {
	if img.Nodes["/"] == nil {
		return fmt.Errorf("%w: there is no root", ErrDamaged)
	}
	for path := range img.Nodes {
		if path != "/" && (!strings.HasPrefix(path, "/") || img.Nodes[parentOf(path)] == nil) {
			return fmt.Errorf("%w: %q has no parent", ErrDamaged, path)
		}
	}
	return nil
}

// digestVersion is the one that this package can compute: that of 3.6 and later.
const digestVersion = 2

// Sum is the digest of the tree: AdHash over DigestCalculator.calculateDigest.
func (img *Image) Sum() Digest {
	var sum uint64
	for path, n := range img.Nodes {
		if !strings.HasPrefix(path, "/zookeeper/") {
			sum += uint64(n.digest(path))
		}
	}
	return Digest{digestVersion, int64(sum)}
}

func (n *Node) digest(path string) uint32 {
	if path == "/" {
		path = ""
	}
	var e zkwire.Encoder
	e.Buf = append(append(make([]byte, 0, len(path)+len(n.Data)+statSize), path...), n.Data...)
	for _, v := range []int64{int64(n.Czxid), int64(n.Mzxid), int64(n.Pzxid), n.Ctime, n.Mtime} {
		e.Long(v)
	}
	e.Int(n.Version)
	e.Int(n.Created)
	e.Int(n.Aversion)
	e.Long(n.Owner)
	return crc32.ChecksumIEEE(e.Buf)
}

// statSize is how much of a stat the digest sums up; Apache's server counts 60 bytes.
const statSize = 60
