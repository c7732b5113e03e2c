package zkconn

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-zookeeper/zk"
	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/run/loop"
)

// DialFunc connects to an address.
type DialFunc func(ctx context.Context, network, addr string) (net.Conn, error)

// Options are the settings of a connection.
type Options struct {
	Servers        []string // host:port; addresses must be literal in a synctest bubble
	Chroot         string   // prefix of every path, "" for none
	SessionTimeout time.Duration
	Dial           DialFunc       // nil dials TCP
	Jitter         func() float64 // from 0 to 1, for the pauses between attempts to connect; nil is the process's own source
	Log            hclog.Logger
}

// client is a Conn on the real client. It is wide because Conn is: ZooKeeper's operations
// and Curator's recipes on them are a method each.
type client struct {
	zk     *zk.Conn
	opts   Options
	ctx    context.Context // ends with Close; bounds dials, which take no context from a caller
	cancel context.CancelFunc
	hosts  *hosts
	states states
	once   sync.Once
	out    atomic.Int64          // watches that have had no event yet
	failed atomic.Pointer[error] // the error of the last dial that failed

	attempts attempts
	current  atomic.Pointer[wire] // the latest connection, nil before the first
}

var _ Conn = (*client)(nil)

// Open connects, and returns once there is a session, or with an error if ctx ends
// first.
func Open(ctx context.Context, o Options) (Conn, error) {
	if o.Dial == nil {
		o.Dial = (&net.Dialer{}).DialContext
	}
	if o.Log == nil {
		o.Log = hclog.NewNullLogger()
	}
	if o.Jitter == nil {
		o.Jitter = rand.Float64
	}
	c := &client{opts: o, hosts: &hosts{}, attempts: attempts{jitter: o.Jitter, hurry: make(chan struct{}, 1)}}
	c.ctx, c.cancel = context.WithCancel(context.WithoutCancel(ctx))
	c.states.timeout, c.states.gaveUp = o.SessionTimeout, c.giveUp
	log := &outages{log: o.Log}
	var err error
	c.zk, _, err = zk.Connect(o.Servers, o.SessionTimeout,
		zk.WithDialer(c.dial), zk.WithHostProvider(c.hosts), zk.WithEventCallback(func(e zk.Event) {
			log.observe(e)
			c.states.observe(e)
		}),
		zk.WithLogger(log), zk.WithLogInfo(false))
	if err != nil {
		c.cancel()
		return nil, fmt.Errorf("zookeeper %s: %w", strings.Join(o.Servers, ","), err)
	}
	select {
	case <-c.states.up():
		time.Sleep(settling)
		return c, nil
	case <-ctx.Done():
		c.Close()
		return nil, fmt.Errorf("zookeeper %s: %w", strings.Join(o.Servers, ","), c.whyNot(ctx.Err()))
	}
}

// settling is how long a new connection is left alone. After announcing that it is
// connected, even for the first time, the real client looks for watches to set again,
// and meanwhile reads what the replies to early requests write.
const settling = 5 * time.Millisecond

// whyNot adds the last dial's error to the one that ended the wait.
func (c *client) whyNot(end error) error {
	if failed := c.failed.Load(); failed != nil {
		return fmt.Errorf("%w (%w)", *failed, end)
	}
	return end
}

// dialPause is the least time that a failed dial takes, so that a server that is down
// is not dialled continuously, and one that is back is noticed soon.
const dialPause = 100 * time.Millisecond

func (c *client) dial(network, addr string, timeout time.Duration) (net.Conn, error) {
	c.attempts.await(c.ctx)
	if c.states.forgets() {
		c.opts.Log.Info("session given up after its timeout, asking for a new one")
		c.attempts.n = 0
		return newForgetting(), nil
	}
	ctx, cancel := context.WithTimeout(c.ctx, timeout)
	defer cancel()
	start := time.Now()
	conn, err := c.opts.Dial(ctx, network, addr)
	if err != nil {
		c.failed.Store(&err)
		c.attempts.n-- // it has its own pause

		_ = loop.Sleep(c.ctx, dialPause-time.Since(start)) // the dial's error says more
		return nil, err
	}
	// Java's client gives up on a server after its share of the session timeout:
	// ClientCnxn.connectTimeout.
	patience := c.opts.SessionTimeout / time.Duration(len(c.opts.Servers))
	w := newWire(conn, c.attempts.last != nil, time.Now().Add(patience), func() bool { return c.out.Load() > 0 })
	c.attempts.last = w
	c.current.Store(w)
	return w, nil
}

// giveUp ends a pause or handshake when the session is given up: there is nothing left
// to gain from it.
func (c *client) giveUp() {
	select {
	case c.attempts.hurry <- struct{}{}:
	default: // there was no pause the last time
	}
	if w := c.current.Load(); w != nil && !w.hasSession.Load() {
		_ = w.Close() // it ends in any case
	}
}

// Close implements Conn. Without a server it takes up to a second, which is how long
// the real client waits for the answer to its goodbye.
func (c *client) Close() {
	c.once.Do(func() {
		c.hosts.close()
		if !c.states.connected() {
			c.cancel() // there is nobody to say goodbye to: end any dial
		}
		c.zk.Close()
		c.cancel()
		c.states.close()
	})
}

// SessionID implements Conn.
func (c *client) SessionID() int64 { return c.zk.SessionID() }

// State implements Conn.
func (c *client) State() State {
	c.states.mu.Lock()
	defer c.states.mu.Unlock()
	return c.states.now
}

// Listen implements Conn.
func (c *client) Listen() (<-chan State, func()) { return c.states.listen() }

// hosts gives the real client its servers one after the other. It never says that a
// round is over, which would make the client wait a second and fail its queued
// requests, unless the client is to end.
type hosts struct {
	mu      sync.Mutex // guards the fields below
	servers []string
	next    int
	closed  bool
}

func (h *hosts) Init(servers []string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.servers = servers
	return nil
}

func (h *hosts) Len() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.servers)
}

func (h *hosts) Next() (string, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	server := h.servers[h.next%len(h.servers)]
	h.next++
	return server, h.closed
}

func (h *hosts) Connected() {}

func (h *hosts) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
}

// sentinels are the real client's errors that callers branch on.
var sentinels = map[error]error{
	zk.ErrNoNode: ErrNoNode, zk.ErrNodeExists: ErrNodeExists, zk.ErrNotEmpty: ErrNotEmpty,
	zk.ErrBadVersion: ErrBadVersion, zk.ErrNoAuth: ErrNoAuth,
}

// lost reports whether, given an error, the operation may or may not have taken effect.
func lost(err error) bool {
	var network *net.OpError
	return errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, zk.ErrConnectionClosed) || errors.Is(err, zk.ErrNoServer) ||
		errors.Is(err, zk.ErrSessionExpired) || errors.Is(err, zk.ErrSessionMoved)
}
