// Package zkwire is ZooKeeper's client protocol on the wire: frames, the jute
// codec, opcodes, error codes and the records of every operation, as Apache
// ZooKeeper 3.9 has them.
package zkwire

// Zxid numbers a transaction.
type Zxid int64

// SessionID names a session.
type SessionID int64

// Version is a node's data, children or ACL version; -1 in a request matches any.
type Version int32

// Xid matches a reply to its request.
type Xid int32

// Xids with a meaning of their own.
const (
	XidNotification Xid = -1
	XidPing         Xid = -2
	XidAuth         Xid = -4
	XidSetWatches   Xid = -8
)

// DefaultMaxFrame is jute.maxbuffer's default: one byte less than a mebibyte.
const DefaultMaxFrame = 0xfffff

// Stat is a node's metadata: org.apache.zookeeper.data.Stat.
type Stat struct {
	Czxid, Mzxid   Zxid
	Ctime, Mtime   int64 // milliseconds since the epoch
	Version        Version
	Cversion       Version
	Aversion       Version
	EphemeralOwner SessionID
	DataLength     int32
	NumChildren    int32
	Pzxid          Zxid
}

// Create flags: CreateMode.
const (
	FlagPersistent          int32 = 0
	FlagEphemeral           int32 = 1
	FlagSequential          int32 = 2
	FlagEphemeralSequential int32 = 3
	FlagContainer           int32 = 4
	FlagTTL                 int32 = 5
	FlagSequentialTTL       int32 = 6
)
