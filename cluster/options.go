package cluster

import (
	"context"
	"net"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/rows/peon"
	"oakmoot/internal/run/machine"
	"oakmoot/internal/run/memnet"
)

// Option changes how a cluster runs, as opposed to what it is made of.
type Option func(*options)

type options struct {
	net         network
	memory      bool   // nothing listens on a real socket
	data        string // "" is a temporary directory
	control     string // "" is no control address
	door        Door   // serves it
	addressFile string
	record      string
	keep        bool          // the steps, for Story
	patience    time.Duration // with empty external seats; 0 is no limit
	log         hclog.Logger
	kinds       func(worker string) []peon.Kind // tests only: how tasks run
	machine     func() machine.Spare            // tests only: what there is; nil asks the system
}

// InMemory runs the cluster on an in-memory network: no socket is opened, so
// that the cluster lives inside a testing/synctest bubble, in virtual time. Clusters
// that are given the same option reach each other.
func InMemory() Option {
	net := memnet.New()
	return func(o *options) { o.net, o.memory = net, true }
}

// DataDir keeps everything under dir: ZooKeeper's log, the metadata store, deep
// storage and the nodes' own directories. Without it a temporary directory is
// made, and removed at the end.
func DataDir(dir string) Option { return func(o *options) { o.data = dir } }

// Door serves a running cluster to others until ctx ends; the listener is its own.
type Door func(ctx context.Context, c *Cluster, ln net.Listener, log hclog.Logger) error

// Serve has the cluster listen on addr, its control address, and hands the listener to
// the door as soon as ZooKeeper answers. Package control has the door that oakmoot's
// own commands speak to: control.On.
func Serve(addr string, door Door) Option {
	return func(o *options) { o.control, o.door = addr, door }
}

// AddressFile writes the addresses as JSON to path just before the cluster is ready.
func AddressFile(path string) Option { return func(o *options) { o.addressFile = path } }

// Record writes every protocol step to path, a JSON object a line, with the faults and
// the starts and ends of nodes between them.
func Record(path string) Option { return func(o *options) { o.record = path } }

// WaitExternal bounds how long the external seats may be empty, or the roles without
// a leader, from the moment when ZooKeeper answers; Run's error then says who is
// missing, and has ErrMissing in its chain. Without it the cluster waits as long as it takes.
func WaitExternal(d time.Duration) Option { return func(o *options) { o.patience = d } }

// Logger receives the logs of all nodes, each under its node's name. Without it
// nothing is logged.
func Logger(log hclog.Logger) Option { return func(o *options) { o.log = log } }
