package zkembed

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/memnet"
	"oakmoot/internal/zkwire"
)

// Zxid numbers a transaction.
type Zxid = zkwire.Zxid

// Options are a server's settings; the zero value of each is its default.
type Options struct {
	Listen            string        // "127.0.0.1:0"
	DataDir           string        // "" keeps everything in memory
	Tick              time.Duration // 2 s: what sessions are measured in
	MinSessionTimeout time.Duration // 2 ticks
	MaxSessionTimeout time.Duration // 20 ticks
	Fsync             FsyncPolicy   // FsyncAlways
	SnapshotEvery     int           // transactions between snapshots, 100,000
	MaxFrame          int           // bytes; jute.maxbuffer, 1,048,575
	MaxConnections    int           // from one address; 0 is no limit
	ContainerCheck    time.Duration // between sweeps of containers and TTL nodes, 60 s
	SuperDigest       string        // "super:" and the digest that may do everything
	Servers           int           // reserved: endpoints over the one state
	Network           Network       // nil is the machine's TCP
	Log               hclog.Logger  // nil logs nothing
}

// Network is what a server listens on; memory's is in tests' bubbles.
type Network interface {
	Listen(addr string) (net.Listener, error)
	DialContext(ctx context.Context, network, addr string) (net.Conn, error)
}

// Server is a ZooKeeper server. Run may be called again after it has returned.
type Server struct {
	opts Options
	ring *commitRing
	rule *faultRules

	mu    sync.Mutex // guards life
	life  *lifetime
	ready chan struct{} // closed by Run once it serves; made by New
	once  sync.Once
	addr  atomic.Pointer[string]
}

// lifetime is what lives for one Run.
type lifetime struct {
	inbox chan *request
	done  chan struct{} // closed when the state has ended
	conns sync.WaitGroup

	mu   sync.Mutex // guards open and ended
	open map[*conn]struct{}
	from map[string]int // connections by address
	over bool
}

// inboxLimit is how many requests may wait for the state; readers wait past it.
const inboxLimit = 4096

// New makes a server; it starts nothing.
func New(opts Options) *Server {
	if opts.Listen == "" {
		opts.Listen = "127.0.0.1:0"
	}
	opts.Tick = orDuration(opts.Tick, 2*time.Second)
	opts.MinSessionTimeout = orDuration(opts.MinSessionTimeout, 2*opts.Tick)
	opts.MaxSessionTimeout = orDuration(opts.MaxSessionTimeout, 20*opts.Tick)
	opts.ContainerCheck = orDuration(opts.ContainerCheck, time.Minute)
	if opts.MaxFrame == 0 {
		opts.MaxFrame = zkwire.DefaultMaxFrame
	}
	if opts.SnapshotEvery == 0 {
		opts.SnapshotEvery = 100_000
	}
	if opts.Log == nil {
		opts.Log = hclog.NewNullLogger()
	}
	if opts.Network == nil {
		opts.Network = &tcp{}
	}
	return &Server{opts: opts, ring: newCommitRing(), rule: &faultRules{}, ready: make(chan struct{})}
}

func orDuration(d, def time.Duration) time.Duration {
	if d == 0 {
		return def
	}
	return d
}

// tcp is the machine's own network.
type tcp struct{ net.Dialer }

func (*tcp) Listen(addr string) (net.Listener, error) { return net.Listen("tcp", addr) }

// Run serves until ctx ends; when it returns, every goroutine, connection and
// file is gone. It fails when the address or the data directory cannot be had, or
// when the log cannot be written.
func (s *Server) Run(ctx context.Context) error {
	st, err := s.load()
	if err != nil {
		return err
	}
	if st.log != nil {
		defer st.log.close()
	}
	ln, err := s.opts.Network.Listen(s.opts.Listen)
	if err != nil {
		return fmt.Errorf("zookeeper: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	life := &lifetime{inbox: make(chan *request, inboxLimit), done: make(chan struct{}), open: map[*conn]struct{}{}, from: map[string]int{}}
	s.mu.Lock()
	s.life = life
	s.mu.Unlock()
	var accepting sync.WaitGroup
	accepting.Go(func() { s.accept(ln, life) })
	addr := ln.Addr().String()
	s.addr.Store(&addr)
	s.once.Do(func() { close(s.ready) })

	err = st.run(ctx, life.inbox)
	close(life.done)
	_ = ln.Close() // ends accept
	accepting.Wait()
	life.closeAll()
	life.conns.Wait()
	s.mu.Lock()
	s.life = nil
	s.mu.Unlock()
	return err
}

// Ready is closed once the server serves.
func (s *Server) Ready() <-chan struct{} { return s.ready }

// Addr is the bound address; it may be asked for once the server is ready.
func (s *Server) Addr() string {
	if a := s.addr.Load(); a != nil {
		return *a
	}
	return ""
}

// acceptRetry is the pause after an accept that failed for want of something.
const acceptRetry = 10 * time.Millisecond

func (s *Server) accept(ln net.Listener, life *lifetime) {
	for {
		nc, err := ln.Accept()
		switch {
		case err == nil:
			s.adopt(nc, life)
		case errors.Is(err, net.ErrClosed):
			return
		default:
			s.opts.Log.Warn("accept", "error", err)
			select {
			case <-life.done:
				return
			case <-time.After(acceptRetry):
			}
		}
	}
}

// adopt starts serving a connection, unless its address has too many.
func (s *Server) adopt(nc net.Conn, life *lifetime) bool {
	c := newConn(s, life, nc)
	if !life.admit(c, s.opts.MaxConnections) {
		_ = nc.Close() // refused: the peer sees it
		return false
	}
	life.conns.Go(func() {
		c.serve()
		life.leave(c)
	})
	return true
}

func (l *lifetime) admit(c *conn, limit int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	host := c.ids[0].ID
	if l.over || limit > 0 && l.from[host] >= limit {
		return false
	}
	l.open[c] = struct{}{}
	l.from[host]++
	return true
}

func (l *lifetime) leave(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, c)
	if host := c.host(); l.from[host] > 1 {
		l.from[host]--
	} else {
		delete(l.from, host)
	}
}

func (c *conn) host() string { return ipID(c.net.RemoteAddr()).ID }

func (l *lifetime) closeAll() {
	l.mu.Lock()
	l.over = true
	open := make([]*conn, 0, len(l.open))
	for c := range l.open {
		open = append(open, c)
	}
	l.mu.Unlock()
	for _, c := range open {
		_ = c.net.Close() // its reader and writer end
		c.finish()
	}
}

// ErrNotRunning is the error of what needs a running server.
var ErrNotRunning = errors.New("zkembed: server is not running")

// Dial connects in memory, without a socket, whatever the server listens on.
func (s *Server) Dial(context.Context) (net.Conn, error) {
	s.mu.Lock()
	life := s.life
	s.mu.Unlock()
	if life == nil {
		return nil, ErrNotRunning
	}
	mine, theirs := memnet.Pipe()
	if !s.adopt(theirs, life) {
		return nil, ErrNotRunning
	}
	return mine, nil
}

// post hands a request to the state; false when the server is ending.
func (l *lifetime) post(r *request) bool {
	select {
	case l.inbox <- r:
		return true
	case <-l.done:
		return false
	}
}

// call runs f on the state's goroutine and waits for it.
func (s *Server) call(ctx context.Context, f func(*state) error) error {
	s.mu.Lock()
	life := s.life
	s.mu.Unlock()
	done := make(chan error, 1)
	if life == nil || !life.post(&request{call: func(st *state) { done <- f(st) }}) {
		return ErrNotRunning
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-life.done:
		return ErrNotRunning
	}
}
