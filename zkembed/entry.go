package zkembed

import (
	"strings"
	"time"

	"oakmoot/internal/zk/zkwire"
	"oakmoot/zkembed/internal/tree"
)

// Entry is one thing in a data directory: a file, a transaction of a log, a session or a
// node of a snapshot, or a record that cannot be read.
type Entry struct {
	File    string // its name in the directory
	Offset  int64  // of the record that holds it
	Kind    EntryKind
	Txn     *Txn     // of EntryTxn
	Session *Session // of EntrySession; only ID and Timeout are known
	Node    *Node    // of EntryNode; its Cversion is how many children it ever had, how many it has is unknown
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

// txnOf is a transaction for a caller.
func txnOf(t *tree.Txn) *Txn {
	out := &Txn{Zxid: Zxid(t.Zxid), Time: time.UnixMilli(t.Time).UTC(), Session: SessionID(t.Session), Op: t.Op.String()}
	for _, e := range t.Effects {
		c := Change{Kind: commitKinds[e.Kind], Path: e.Path, Data: e.Data, Session: SessionID(e.Session), Timeout: millis(e.Timeout)}
		if e.Kind == tree.Create {
			c.Mode = modeOf(e.Owner)
		}
		if e.Kind == tree.Create || e.Kind == tree.SetACL {
			c.ACL = aclText(e.ACL)
		}
		if tree.IsEphemeral(e.Owner) {
			c.Session = SessionID(e.Owner)
		}
		out.Changes = append(out.Changes, c)
	}
	return out
}

// modeOf is the mode of a node with a raw owner: CreateMode.
func modeOf(owner int64) string {
	switch {
	case owner == tree.OwnerNone:
		return "persistent"
	case owner == tree.OwnerContainer:
		return "container"
	case tree.IsTTL(owner):
		return "ttl"
	}
	return "ephemeral"
}

// aclText is an ACL as zkCli.sh writes it.
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
