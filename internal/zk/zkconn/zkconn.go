// Package zkconn is what a role may do to ZooKeeper, and its implementation on the real
// client. A Conn outlives its sessions, like a CuratorFramework: it reconnects, opens a
// new session when the old one has expired, and reports each change of state to its
// listeners.
package zkconn

import (
	"context"
	"errors"

	"github.com/go-zookeeper/zk"
)

// Conn is a role's connection to ZooKeeper. Its methods may be called from any
// goroutine. Each retries after a connection loss with Druid's bounded back-off until
// ctx ends, so an error means that the operation was refused, that its context ended,
// or that the Conn is closed. Errors are *Error.
type Conn interface {
	// Create makes a node and returns its path, which differs from the given one in
	// sequential modes. Parents are not created.
	Create(ctx context.Context, path string, data []byte, mode Mode) (string, error)
	// CreateParents is Create, with missing parents created first, persistent and
	// empty. Like Curator's creatingParentsIfNeeded it does so only when a first try
	// found no parent.
	CreateParents(ctx context.Context, path string, data []byte, mode Mode) (string, error)
	// CreateProtected is CreateParents of Protected(id, name) in a directory. A retry
	// first looks for a node that an earlier try may have made, and adopts it:
	// withProtection of Curator's CreateBuilder. After an error there may still be such
	// a node; Protected says how to find it.
	CreateProtected(ctx context.Context, dir, id, name string, data []byte, mode Mode) (string, error)
	// Delete removes a node; version -1 matches any.
	Delete(ctx context.Context, path string, version int32) error
	// Exists returns the node's Stat, or nil if there is no such node.
	Exists(ctx context.Context, path string) (*Stat, error)
	// ExistsW is Exists with a one-shot watch.
	ExistsW(ctx context.Context, path string) (*Stat, Watch, error)
	Get(ctx context.Context, path string) ([]byte, *Stat, error)
	GetW(ctx context.Context, path string) ([]byte, *Stat, Watch, error)
	Set(ctx context.Context, path string, data []byte, version int32) (*Stat, error)
	Children(ctx context.Context, path string) ([]string, error)
	ChildrenW(ctx context.Context, path string) ([]string, Watch, error)
	// DeleteAll removes all the nodes or none, in one transaction, which Announcer uses
	// even for a single node.
	DeleteAll(ctx context.Context, paths ...string) error
	// Transact carries out all parts or none. A retry after a connection loss does not
	// know whether an earlier try took effect: a refusal may be due to its own earlier
	// change.
	Transact(ctx context.Context, parts ...Part) error
	// Listen reports every change of the connection state from now on; stop ends that
	// and closes the channel.
	Listen() (states <-chan State, stop func())
	// InSession is a context that ends with the present session, before anything goes
	// out in the next: what is asked for under it is carried out in this session or not
	// at all.
	InSession(ctx context.Context) (context.Context, context.CancelFunc)
	// SessionID is the current session's id, 0 before the first.
	SessionID() int64
	// State is the current state, 0 before the first.
	State() State
	// Close ends the session, every listener and every watch. It is idempotent.
	Close()
}

// Mode is how a node is created.
type Mode int32

// Modes that Druid uses.
const (
	Persistent           Mode = 0
	Ephemeral            Mode = 1
	PersistentSequential Mode = 2
	EphemeralSequential  Mode = 3
)

// Stat is the part of a node's stat that roles use.
type Stat struct {
	Czxid, Mzxid   int64
	Ctime, Mtime   int64 // milliseconds since the epoch
	Version        int32
	Cversion       int32
	EphemeralOwner int64
	NumChildren    int32
}

// Event is the one event of a watch, as the real client hands it on: a goroutine for each
// watch that says the same in other words would be a tenth of an idle node. Its Path is the
// server's, with the chroot.
type Event = zk.Event

// EventType is what a watch reports.
type EventType = zk.EventType

// Event types, numbered as on the wire, and Ended, which is for a watch that ends with its
// session or with the Conn.
const (
	NodeCreated         = zk.EventNodeCreated
	NodeDeleted         = zk.EventNodeDeleted
	NodeDataChanged     = zk.EventNodeDataChanged
	NodeChildrenChanged = zk.EventNodeChildrenChanged
	Ended               = zk.EventNotWatching
)

// State is Curator's ConnectionState.
type State int

// States of a Conn. Suspended may be followed by Reconnected (the same session)
// or by Lost, and Lost by Reconnected (a new session). Lost is also reported
// when Suspended has lasted longer than the session timeout, with no server to
// say so.
const (
	Connected State = iota + 1
	Suspended
	Reconnected
	Lost
)

// Error says which operation failed on which path.
type Error struct {
	Op, Path string
	Err      error
}

func (e *Error) Error() string { return "zookeeper " + e.Op + " " + e.Path + ": " + e.Err.Error() }

// Unwrap returns one of the sentinels below.
func (e *Error) Unwrap() error { return e.Err }

// Sentinels that callers branch on; test with errors.Is.
var (
	ErrNoNode     = errors.New("no node")
	ErrNodeExists = errors.New("node exists")
	ErrNotEmpty   = errors.New("not empty")
	ErrBadVersion = errors.New("bad version")
	ErrNoAuth     = errors.New("not authorised")
	ErrClosed     = errors.New("connection closed")
)
