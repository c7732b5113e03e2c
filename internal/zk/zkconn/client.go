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
	opts    Options
	ctx     context.Context // ends with Close
	cancel  context.CancelFunc
	hosts   *hosts
	log     outages
	states  states
	hands   hands
	once    sync.Once
	failed  atomic.Pointer[error]   // what the last dial that failed said
	session atomic.Pointer[session] // the latest
	mu      sync.Mutex              // held while a session is begun, or closed is set
	closed  atomic.Bool             // Close has been called
	closing sync.WaitGroup          // real clients of earlier sessions that are still closing
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
	c := &client{opts: o, hosts: &hosts{}, hands: hands{make(chan func())}}
	c.log.log = o.Log
	c.ctx, c.cancel = context.WithCancel(context.WithoutCancel(ctx))
	c.states.timeout, c.states.gaveUp = o.SessionTimeout, c.giveUp
	c.mu.Lock()
	err := c.begin(0)
	c.mu.Unlock()
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

// Close implements Conn. Without a server it takes up to a second, which is how
// long the real client waits for the answer to its goodbye.
func (c *client) Close() {
	c.once.Do(func() {
		c.mu.Lock()
		c.closed.Store(true)
		s := c.session.Load()
		c.mu.Unlock()
		s.turns.close()
		if !c.states.connected() {
			c.cancel() // there is nobody to say goodbye to: end any dial
		}
		s.zk.Close()
		c.cancel()
		s.finish()
		c.closing.Wait()
		c.states.close()
	})
}

// SessionID implements Conn.
func (c *client) SessionID() int64 { return c.session.Load().zk.SessionID() }

// State implements Conn.
func (c *client) State() State {
	c.states.mu.Lock()
	defer c.states.mu.Unlock()
	return c.states.now
}

// Listen implements Conn.
func (c *client) Listen() (<-chan State, func()) { return c.states.listen() }

// sentinels are the real client's errors that callers branch on.
var sentinels = map[error]error{
	zk.ErrNoNode: ErrNoNode, zk.ErrNodeExists: ErrNodeExists, zk.ErrNotEmpty: ErrNotEmpty,
	zk.ErrBadVersion: ErrBadVersion, zk.ErrNoAuth: ErrNoAuth,
}

// lost reports whether, given an error, the operation may or may not have taken effect.
func lost(err error) bool {
	var network *net.OpError
	return errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, zk.ErrConnectionClosed) || errors.Is(err, zk.ErrNoServer) ||
		errors.Is(err, zk.ErrSessionExpired) || errors.Is(err, zk.ErrSessionMoved) || errors.Is(err, zk.ErrClosing)
}
