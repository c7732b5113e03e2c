// Package node is what every Druid process has, whatever its role: an identity, a directory, properties, an HTTP
// address with the status resource, and links to ZooKeeper and to other processes.
package node

import (
	"context"
	"net"
	"net/http"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/clock"
	"oakmoot/internal/run/disk"
	"oakmoot/internal/run/museum"
	"oakmoot/internal/zk/zkconn"
	"oakmoot/internal/zk/zkpath"
)

// Env is what a supervisor gives a role for one incarnation. Everything that leaves the process, to the
// network or to a disk, goes through it, and so does the time, so faults can be put in between without the role
// knowing. It is wide because it is all that a process has.
type Env struct {
	Self    druid.Node    // service, host and port: its name in every znode
	Release druid.Release // whose bytes are written
	Paths   zkpath.Paths
	Props   Properties
	Disk    disk.Disk    // all that the node reads and writes
	Clock   *clock.Clock // the time, and all timers
	Dir     string       // the node's own directory, kept over restarts
	Museum  museum.Set   // bugs of old Druids that the node has
	Log     hclog.Logger

	// Open connects to ZooKeeper; it keeps trying until ctx ends.
	Open func(ctx context.Context) (zkconn.Conn, error)
	// Listen binds Self's port.
	Listen func(ctx context.Context) (net.Listener, error)
	// Client reaches other processes.
	Client *http.Client
	// Ready is called once, when the node has announced itself and serves.
	Ready func()
}
