package zkembed

import (
	"strings"
	"time"

	"oakmoot/internal/zk/zkwire"
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
