package observe

import (
	"time"

	"oakmoot/internal/zk/zkpath"
)

// Change is one committed change of a znode, or of a session.
type Change struct {
	Zxid    int64
	Time    time.Time
	Session int64 // whose request it was; for the beginning or end of a session, that session
	Op      Op
	Path    string
	Before  []byte // the data before
	After   []byte // the data after
	Owner   int64  // of a created ephemeral
	Lapsed  bool   // deleted because the session that owned it has ended
	Expired bool   // of a session's end: its client did not ask for it
	Stat    Stat   // of the znode right after it, or, of a deleted one, right before
	More    bool   // further changes of the same transaction follow
}

// Packed is the znode's content after the change, or before a deletion, zipped or not.
func (c Change) Packed() []byte {
	if c.Op == OpDelete {
		return c.Before
	}
	return c.After
}

// Stat is the part of a znode's Stat that says when and how often it was changed. Its
// Czxid is 0 when it is not known.
type Stat struct {
	Czxid, Mzxid, Pzxid int64
	Version             int32
}

// Op is what happened to a znode, or to a session.
type Op string

// Operations of a Change.
const (
	OpCreate       Op = "create"
	OpSet          Op = "set"
	OpDelete       Op = "delete"
	OpOpenSession  Op = "open session"
	OpCloseSession Op = "close session"
)

// Znode is a node of the tree, as found by a listing.
type Znode struct {
	Path    string
	Data    []byte
	Owner   int64 // the session of an ephemeral, 0 otherwise
	Version int32
	Czxid   int64 // of its creation
	Mzxid   int64 // of its latest change

	Children int      // how many it has, where the listing says
	Means    *Meaning // its content, when it has been decoded already; then Data is not looked at
}

// Meaning is the content of a znode, decoded.
type Meaning struct {
	says any
	host string
}

// MeaningOf decodes a znode.
func MeaningOf(paths zkpath.Paths, n Znode) *Meaning {
	says, host := Decode(paths.Parse(n.Path), n.Data)
	return &Meaning{says, host}
}
