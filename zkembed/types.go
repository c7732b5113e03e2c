package zkembed

import "oakmoot/internal/zk/zkwire"

// Zxid numbers a transaction.
type Zxid int64

// SessionID names a session.
type SessionID int64

// NodeVersion counts the changes of a node's data, children or ACL.
type NodeVersion int32

// Code is an error code as KeeperException.Code numbers them: -101 is NoNode.
type Code int32

// Error implements error.
func (c Code) Error() string { return c.String() }

func (c Code) String() string { return zkwire.Code(c).String() }

// Stat is a node's metadata as clients see it: org.apache.zookeeper.data.Stat.
type Stat struct {
	Czxid, Mzxid   Zxid
	Ctime, Mtime   int64 // milliseconds since the epoch
	Version        NodeVersion
	Cversion       NodeVersion
	Aversion       NodeVersion
	EphemeralOwner SessionID
	DataLength     int32
	NumChildren    int32
	Pzxid          Zxid
}

// statOf is a Stat for a caller.
func statOf(s zkwire.Stat) Stat {
	return Stat{
		Czxid: Zxid(s.Czxid), Mzxid: Zxid(s.Mzxid), Ctime: s.Ctime, Mtime: s.Mtime,
		Version: NodeVersion(s.Version), Cversion: NodeVersion(s.Cversion), Aversion: NodeVersion(s.Aversion),
		EphemeralOwner: SessionID(s.EphemeralOwner), DataLength: s.DataLength, NumChildren: s.NumChildren, Pzxid: Zxid(s.Pzxid),
	}
}
