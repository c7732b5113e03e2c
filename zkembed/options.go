package zkembed

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/run/memnet"
	"oakmoot/internal/zk/zkwire"
)

// Options are a server's settings, a field for each; the zero value of each means the
// default.
type Options struct {
	Listen            string        // "127.0.0.1:0"
	DataDir           string        // "" keeps everything in memory
	Tick              time.Duration // 2 s: what sessions are measured in; tickTime
	MinSessionTimeout time.Duration // 2 ticks
	MaxSessionTimeout time.Duration // 20 ticks
	Fsync             FsyncPolicy   // FsyncAlways
	SnapshotEvery     int           // transactions between snapshots, 100,000; snapCount
	Retain            int           // snapshots that are kept, with the logs behind the oldest of them, 3; autopurge.snapRetainCount
	MaxFrame          int           // bytes, 1,048,575; jute.maxbuffer
	MaxConnections    int           // from one address, 0 is no limit; maxClientCnxns
	ContainerCheck    time.Duration // between sweeps of containers and TTL nodes, 60 s
	EnforceQuota      bool          // hard quotas refuse what goes over them; they only warn by default
	SuperDigest       string        // "super:" and the digest of a user that may do anything; nobody by default
	Words             []string      // four-letter words that are answered besides srvr, "*" is all; 4lw.commands.whitelist
	ExtendedTypes     bool          // TTL nodes can be made; extendedTypesEnabled
	Servers           int           // endpoints, 1: one process, one state, no replication; their ports follow Listen's
	SkipACL           bool          // anybody may do anything; skipACL
	EnforceAuth       []string      // clients without an identity of one of these schemes (digest, ip, x509) are cut off; enforce.auth.schemes
	TLSCert, TLSKey   string        // PEM files: with them clients may speak TLS on the same port, besides plaintext
	TLSCA             string        // PEM file: TLS clients have to show a certificate that one of these has signed
	SlowRequest       time.Duration // requests that take this long or longer, fsync included, are logged; 0 logs none
	Network           Network       // nil is the machine's TCP
	Log               hclog.Logger  // nil logs nothing

	// Disk, unless it is nil, is asked before each operation on a file of DataDir, as a
	// disk that misbehaves would answer. The operation is open (to read), read, look,
	// create, mkdir, write, truncate, sync, rename or remove. It may wait, and it may fail
	// the operation with an error; of bytes to be written pass are written first.
	Disk func(op, path string, bytes int) (pass int, err error)
}

// Network is what a server listens on. A test in a synctest bubble needs one in memory.
type Network interface {
	Listen(addr string) (net.Listener, error)
	DialContext(ctx context.Context, network, addr string) (net.Conn, error)
}

// errBubble is the error of a server on real sockets in a synctest bubble.
var errBubble = errors.New("zkembed: this is a synctest bubble, where time stands still while anybody waits for a real socket: give Options{Network: zkembed.InMemory()}")

const (
	defaultListen         = "127.0.0.1:0"
	defaultTick           = 2 * time.Second
	defaultContainerCheck = time.Minute
	defaultSnapshotEvery  = 100_000
	defaultRetain         = 3
	minTimeoutTicks       = 2
	maxTimeoutTicks       = 20
)

// withDefaults fills in what was left out.
func (o Options) withDefaults() Options {
	orDefault(&o.Listen, defaultListen)
	o.Servers = max(1, o.Servers)
	orDefault(&o.Tick, defaultTick)
	orDefault(&o.MinSessionTimeout, minTimeoutTicks*o.Tick)
	orDefault(&o.MaxSessionTimeout, max(maxTimeoutTicks*o.Tick, o.MinSessionTimeout))
	orDefault(&o.ContainerCheck, defaultContainerCheck)
	orDefault(&o.SnapshotEvery, defaultSnapshotEvery)
	orDefault(&o.Retain, defaultRetain)
	orDefault(&o.MaxFrame, zkwire.DefaultMaxFrame)
	if o.Network == nil {
		o.Network = &tcp{}
	}
	if o.Log == nil {
		o.Log = hclog.NewNullLogger()
	}
	return o
}

func orDefault[T comparable](v *T, def T) {
	var zero T
	if *v == zero {
		*v = def
	}
}

// InMemory is a network without sockets: what a server in a testing/synctest bubble
// listens on.
func InMemory() Network { return memnet.New() }

// tcp is the machine's own network.
type tcp struct{ net.Dialer }

func (*tcp) Listen(addr string) (net.Listener, error) { return net.Listen("tcp", addr) }
