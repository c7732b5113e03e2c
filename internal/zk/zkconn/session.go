package zkconn

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-zookeeper/zk"

	"oakmoot/internal/run/loop"
)

// session is one session, with a real client of its own that ends with it: ZooKeeper of
// Java. Left to itself, the real client would go on in a new session and send there what
// still waits from the old one, long after whoever asked for it has given up: a leader that
// has been deposed would write beside its successor. A new client also has no zxid that a
// server could refuse it for.
type session struct {
	zk       *zk.Conn
	begun    chan struct{}   // closed once the client has this session for its own
	ctx      context.Context // ends with the session; bounds its dials, which take no context of the caller's
	cancel   context.CancelFunc
	turns    *turns
	attempts attempts
	follows  bool                 // another session came before it
	current  atomic.Pointer[wire] // the latest connection, nil before the first
	watches  watches
	bound    bound
	buffers  buffers
}

// finish ends what is bound to the session, and its connection. Nothing is sent in it
// any more.
func (s *session) finish() {
	s.bound.end()
	s.cancel()
	s.turns.close()
	if w := s.current.Load(); w != nil {
		_ = w.Close() // it ends, whatever it says
	}
}

// adopt takes a new connection, which is of no use when the session is over by now.
func (s *session) adopt(conn net.Conn, deadline time.Time) net.Conn {
	again := s.follows || s.attempts.last != nil
	s.buffers.beforeDial()
	w := newWire(conn, again, deadline, s.watches.any)
	w.session = s
	s.attempts.last = w
	s.current.Store(w)
	if s.ctx.Err() != nil {
		_ = w.Close() // finish may have been before it
	}
	return w
}

// begin starts a session and its real client, after so many attempts to connect that came
// to nothing. The caller holds mu.
func (c *client) begin(tried int) error {
	s := &session{begun: make(chan struct{}), turns: &turns{hosts: c.hosts}, follows: c.session.Load() != nil}
	s.ctx, s.cancel = context.WithCancel(c.ctx)
	s.attempts = attempts{jitter: c.opts.Jitter, n: tried}
	c.states.follow(s)
	var err error
	s.zk, _, err = zk.Connect(c.opts.Servers, c.opts.SessionTimeout,
		zk.WithDialer(func(network, addr string, timeout time.Duration) (net.Conn, error) {
			<-s.begun
			return c.dial(s, network, addr, timeout)
		}),
		zk.WithHostProvider(s.turns), zk.WithEventCallback(func(e zk.Event) { c.observe(s, e) }),
		zk.WithLogger(&c.log), zk.WithLogInfo(false), zk.WithMaxConnBufferSize(sendBuffer))
	if err != nil {
		return err
	}
	s.buffers.zk = s.zk
	c.session.Store(s)
	close(s.begun)
	return nil
}

// observe is the real client's callback.
func (c *client) observe(s *session, e zk.Event) {
	c.log.observe(e)
	s.watches.fired(e)
	if c.states.observe(s, e) {
		c.renew(s, s.attempts.n) // the real client's loop is here, and owns attempts
	}
}

// giveUp is for a session that was suspended for as long as it lasts.
func (c *client) giveUp(s *session) {
	c.opts.Log.Info("session given up after its timeout, a new one is asked for")
	c.renew(s, 0)
}

// renew begins a session after one that is over. What is bound to the old one has ended
// before there is a new one.
func (c *client) renew(old *session, tried int) {
	old.finish()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed.Load() {
		return
	}
	c.closing.Go(old.zk.Close) // it waits a moment for the answer to a goodbye that is never sent
	if err := c.begin(tried); err != nil {
		c.opts.Log.Error("no new session", "error", err)
	}
}

// dialPause is how long a failed dial takes at least, so that a server that is
// down is not asked without pause, and one that is back is seen soon.
const dialPause = 100 * time.Millisecond

func (c *client) dial(s *session, network, addr string, timeout time.Duration) (net.Conn, error) {
	s.attempts.await(s.ctx)
	ctx, cancel := context.WithTimeout(s.ctx, timeout)
	defer cancel()
	start := time.Now()
	conn, err := c.opts.Dial(ctx, network, addr)
	if err != nil {
		c.failed.Store(&err)
		s.attempts.n-- // it has its own pause

		_ = loop.Sleep(s.ctx, dialPause-time.Since(start)) // the error of the dial says more
		return nil, err
	}
	// Java's client gives up a server in its share of the session timeout: ClientCnxn.connectTimeout.
	patience := c.opts.SessionTimeout / time.Duration(len(c.opts.Servers))
	return s.adopt(conn, time.Now().Add(patience)), nil
}

// InSession implements Conn.
func (c *client) InSession(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	return ctx, c.session.Load().bound.add(cancel)
}

// bound is what ends with a session.
type bound struct {
	mu    sync.Mutex // guards the fields below
	all   map[*context.CancelFunc]struct{}
	ended bool
}

// add has cancel called at the end of the session, at once if that is over; release calls
// it too.
func (b *bound) add(cancel context.CancelFunc) (release context.CancelFunc) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ended {
		cancel()
		return cancel
	}
	if b.all == nil {
		b.all = map[*context.CancelFunc]struct{}{}
	}
	b.all[&cancel] = struct{}{}
	return func() {
		b.mu.Lock()
		delete(b.all, &cancel)
		b.mu.Unlock()
		cancel()
	}
}

func (b *bound) end() {
	b.mu.Lock()
	all := b.all
	b.all, b.ended = nil, true
	b.mu.Unlock()
	for cancel := range all {
		(*cancel)()
	}
}
