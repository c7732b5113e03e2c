package scenario

import (
	"context"
	"time"

	"oakmoot/internal/run/fault"
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
	Host() string   // host:port, or "" when it is not known
	External() bool // a process of its own
	Session() int64 // of ZooKeeper; 0 when it has none
	Link() *fault.Link
	// Live has the node's supervisor do something, and returns once it is done.
	Live(ctx context.Context, c Cue) error
}

// Cue is what a node's supervisor can be asked for.
type Cue int

// Cues.
const (
	CueKill    Cue = iota + 1 // no goodbye: the link is cut first
	CueStop                   // a goodbye, then down
	CueStart                  // up again
	CueRestart                // stop, then start
)

// ZooKeeper is the server that the cluster runs on, as verbs see it.
type ZooKeeper interface {
	// Embedded reports whether the server is ours.
	Embedded() bool
	// Expire ends a session at once. It takes the embedded server.
	Expire(ctx context.Context, session int64) error
	// Disconnect closes the connection of a session. It takes the embedded server.
	Disconnect(ctx context.Context, session int64) error
}

// Armed is a fault that lasts, as verbs see it.
type Armed struct {
	ID    string
	Verb  string
	Nodes []string
}
