package scenario

import (
	"context"
	"time"

	"oakmoot/internal/run/fault"
	"oakmoot/internal/run/fault/clockfault"
	"oakmoot/internal/run/fault/diskfault"
	"oakmoot/internal/run/fault/quota"
)

// Stage is the cluster as verbs see it.
type Stage interface {
	// Pick is whom a selector means now. Nobody is an error, unless the selector is empty
	// or names ZooKeeper itself.
	Pick(ctx context.Context, s Selector) ([]Actor, error)
	// SessionTimeout is that of ZooKeeper, of which spans may be multiples.
	SessionTimeout() time.Duration
	// ZooKeeper is what can be done to ZooKeeper itself.
	ZooKeeper() ZooKeeper
	// DataDir is the cluster's data directory, with slashes.
	DataDir() string
	// Play is what people do to the cluster.
	Play() Play
	// Heal undoes the armed faults that match, the latest first, and returns the nodes
	// that they met.
	Heal(ctx context.Context, match func(Armed) bool) (nodes []string, err error)
	// Over forgets the faults of the verbs that met these nodes only: something else has
	// ended them.
	Over(nodes []Actor, verbs ...string)
}

// Actor is a node as verbs see it.
type Actor interface {
	Name() string
	Host() string    // host:port, or "" when it is not known
	External() bool  // a process of its own
	Signalled() bool // whose number is known
	Session() int64  // of ZooKeeper; 0 when it has none
	Link() *fault.Link
	Disk() *diskfault.Disk    // not that of a process of its own
	Clock() *clockfault.Clock // not that of a process of its own
	DeepStorage() string      // the directory that it loads segments from, with slashes
	// MeetTasks does something to the tasks of a middle manager.
	MeetTasks(f TaskFault) (undo func(), err error)
	// Live has the node's supervisor do something, and returns once it is done; a process of
	// its own is sent a signal.
	Live(ctx context.Context, c Cue) error
}

// Cue is what a node's supervisor can be asked for, or a process of its own.
type Cue int

// Cues.
const (
	CueKill    Cue = iota + 1 // no goodbye: the link is cut first
	CueStop                   // a goodbye, then down
	CueStart                  // up again
	CueRestart                // stop, then start
	CuePause                  // of a process of its own: SIGSTOP
	CueResume                 // of a process of its own: SIGCONT
)

// ZooKeeper is the server that the cluster runs on, as verbs see it.
type ZooKeeper interface {
	// Embedded reports whether the server is ours.
	Embedded() bool
	// Expire ends a session at once. It takes the embedded server.
	Expire(ctx context.Context, session int64) error
	// Disconnect closes the connection of a session. It takes the embedded server.
	Disconnect(ctx context.Context, session int64) error
	// Fail does something to a session's requests. It takes the embedded server.
	Fail(f RequestFault) (undo func())
	// Disk is that of the embedded server; nil when it keeps everything in memory.
	Disk() *diskfault.Disk
	// Chroot is what stands before each path of the cluster, or "".
	Chroot() string
	// Endpoints are the addresses of the embedded server.
	Endpoints() []Endpoint
}

// Endpoint is an address of the embedded ZooKeeper, as verbs see it.
type Endpoint interface {
	// Stop closes the address until Start; the sessions stay.
	Stop(ctx context.Context) error
	Start() error
	// SetReadOnly lets only those in who read, or ends that.
	SetReadOnly(ctx context.Context, readOnly bool) error
}

// RequestFault is what the embedded ZooKeeper does to requests of a session.
type RequestFault struct {
	Session int64
	Ops     []string // as the server calls them
	Path    string   // a pattern; "" is any
	Choice  quota.Choice
	Quota   *quota.Quota // counts for Choice
	Fate    RequestFate
	Code    int           // of RequestRefused
	Delay   time.Duration // of RequestLate
}

// RequestFate is what becomes of a request inside of ZooKeeper.
type RequestFate int

// Fates of requests.
const (
	RequestRefused RequestFate = iota + 1 // answered with a code, without effect
	RequestLost                           // no effect, and the connection is closed
	ReplyLost                             // takes effect; the connection is closed instead of an answer
	RequestLate                           // waits, with what is behind it
)

// Armed is a fault that lasts, as verbs see it.
type Armed struct {
	ID    string
	Verb  string
	Nodes []string
}

// TaskFault is what happens to tasks as they begin.
type TaskFault struct {
	Fail   bool          // else they are late
	By     time.Duration // how late
	Jitter time.Duration // at most as much more
	Choice quota.Choice
	Quota  *quota.Quota // counts for Choice
}
