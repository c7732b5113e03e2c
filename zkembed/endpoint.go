package zkembed

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// Endpoint is an address at which a server is reached, with a listener and
// connections of its own. With [Options].Servers a server has several, which a
// client takes for the servers of an ensemble: it can lose one and move to another
// with its session. They are all one process with one state: nothing is replicated, there
// is no quorum, and what one endpoint acknowledges, every other shows at once.
type Endpoint struct {
	srv    *Server
	number int    // from 0
	listen string // where it listens
	link   link

	readOnly bool // owned by the state

	mu        sync.Mutex // guards the fields below
	stopped   bool
	running   bool         // the server runs
	addr      net.Addr     // the latest that was bound
	ln        net.Listener // nil while nobody is let in
	accepting sync.WaitGroup
}

// newEndpoints makes as many as the options ask for.
func newEndpoints(s *Server) []*Endpoint {
	list := make([]*Endpoint, s.opts.Servers)
	for i := range list {
		list[i] = &Endpoint{srv: s, number: i, listen: listenAt(s.opts.Listen, i)}
	}
	return list
}

// listenAt is the address of an endpoint: the port of the first plus its number, unless
// that port is 0, which all of them may have. An invalid address fails when it is used.
func listenAt(first string, number int) string {
	host, text, err := net.SplitHostPort(first)
	port, portErr := strconv.Atoi(text)
	if err != nil || portErr != nil || port == 0 || number == 0 {
		return first
	}
	return net.JoinHostPort(host, strconv.Itoa(port+number))
}

// Addr is the bound address; it is valid once the server is ready, and stays while
// the endpoint is stopped.
func (e *Endpoint) Addr() string {
	if addr := e.bound(); addr != nil {
		return addr.String()
	}
	return ""
}

func (e *Endpoint) bound() net.Addr {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.addr
}

// Stop closes the endpoint, as when a server of an ensemble dies: its connections
// end, and new ones are refused. Sessions stay, and may move to another endpoint.
// It stays stopped, even across a Restart or another Run, until Start.
func (e *Endpoint) Stop(ctx context.Context) error {
	e.mu.Lock()
	e.stopped = true
	e.closeListener()
	e.mu.Unlock()
	return e.hangUpAll(ctx)
}

// Start opens a stopped endpoint again, at the address it had.
func (e *Endpoint) Start() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.stopped {
		return nil
	}
	if e.running {
		addr := e.listen
		if e.addr != nil {
			addr = e.addr.String()
		}
		if err := e.open(addr); err != nil {
			return err
		}
	}
	e.stopped = false
	return nil
}

// Slow delays everything that goes to the endpoint or comes from it, each way; 0 ends
// that.
func (e *Endpoint) Slow(delay time.Duration) { e.link.slow(delay) }

// Partition cuts the endpoint off from its clients: nothing arrives, and no connection
// ends, until heal, which may be called twice. Sessions whose clients do not move
// expire. What was on its way arrives after heal.
func (e *Endpoint) Partition() (heal func()) { return e.link.cut() }

// SetReadOnly makes the endpoint what a server with readonlymode.enabled is while it
// cannot reach the others, or ends that: ReadOnlyZooKeeperServer. Its connections
// end. From then on only clients that asked for a read-only server are let in.
// They read, every write is refused with NotReadOnly, and their sessions are local
// to the endpoint; a session from elsewhere may attach, but is not kept alive, so it
// expires unless it moves on.
func (e *Endpoint) SetReadOnly(ctx context.Context, readOnly bool) error {
	return e.srv.lives.call(ctx, func(st *state) error {
		if e.readOnly == readOnly {
			return nil
		}
		st.leave(e)
		e.readOnly = readOnly
		e.srv.ensemble.mayReadOnly.Store(true)
		return nil
	})
}

// Sessions lists the sessions whose connection is at the endpoint, by their ids.
func (e *Endpoint) Sessions(ctx context.Context) ([]Session, error) {
	return sessionList(ctx, &e.srv.lives, func(sess *session) bool { return sess.conn != nil && sess.conn.at == e })
}

// Dial connects in memory, without a socket, whatever the endpoint listens on.
func (e *Endpoint) Dial(ctx context.Context) (net.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	life := e.srv.lives.present()
	switch {
	case life == nil:
		return nil, ErrNotRunning
	case !e.isOpen():
		return nil, fmt.Errorf("zkembed: endpoint %d: %w", e.number, syscall.ECONNREFUSED)
	}
	mine, theirs := e.srv.pipes.pipe()
	if !e.adopt(theirs, life) {
		refuse(theirs) // as over TCP: the dial succeeds, and then the connection ends
	}
	return mine, nil
}

// hangUpAll ends the endpoint's connections; a server between two lives has none.
func (e *Endpoint) hangUpAll(ctx context.Context) error {
	err := e.srv.lives.call(ctx, func(st *state) error {
		st.leave(e)
		return nil
	})
	if errors.Is(err, ErrNotRunning) {
		return nil
	}
	return err
}

// leave ends an endpoint's connections and the sessions that are local to it. Connections
// do not get what was on its way.
func (s *state) leave(e *Endpoint) {
	for _, c := range s.life.connections(e) {
		s.detach(c)
		s.out.hangUp(c)
		c.finish()
	}
	for _, sess := range s.sessions.byID {
		if sess.home == e {
			s.sessions.close(sess.id)
		}
	}
}
