package zkembed

import (
	"context"
	"crypto/tls"
	"errors"
	"sync"
	"sync/atomic"

	"oakmoot/internal/run/memnet"
)

// Server is a ZooKeeper server. It does nothing until Run, which may be called
// again after it has returned.
type Server struct {
	opts   Options
	limits limits
	ring   *commitRing
	rules  *faultRules
	disk   *disk
	tls    *tls.Config // of the present Run; nil without certificates

	endpoints []*Endpoint

	mayReadOnly atomic.Bool // an endpoint has been read-only: readonlymode.enabled

	dialed atomic.Uint32 // numbers the in-memory connections, so that listings can tell them apart

	mu      sync.Mutex // guards the fields below
	running bool
	ready   chan struct{} // closed once the present Run serves
	life    *lifetime     // nil while nothing is served
	ended   *lifetime     // the one before it; nil once it has been replaced
	last    issued
}

// issued is what must not be given out twice, not even by a later Run of a server
// that forgets the rest: clients may still hold it.
type issued struct {
	zxid    Zxid
	session SessionID
}

// Errors of what needs the server to run, or not to.
var (
	ErrNotRunning = errors.New("zkembed: server is not running")
	ErrRunning    = errors.New("zkembed: server runs already")
)

// New makes a server; it starts nothing.
func New(opts Options) *Server {
	s := &Server{opts: opts.withDefaults(), limits: defaultLimits, ring: newCommitRing(), rules: &faultRules{}, disk: &disk{}, ready: make(chan struct{})}
	s.endpoints = newEndpoints(s)
	return s
}

// Run serves until ctx ends; when it returns, every goroutine, connection and file
// of it is gone. It fails when the address or the data directory cannot be had, or
// when the log cannot be written any more: nothing is acknowledged after that.
func (s *Server) Run(ctx context.Context) error {
	if !s.enter() {
		return ErrRunning
	}
	defer s.leave()
	if _, real := s.opts.Network.(*tcp); real && memnet.InBubble() {
		return errBubble
	}
	if err := s.opts.checkSchemes(); err != nil {
		return err
	}
	cfg, err := s.opts.tlsConfig()
	if err != nil {
		return err
	}
	s.tls = cfg
	st, err := s.load(nil)
	if err != nil {
		return err
	}
	for _, e := range s.endpoints {
		defer e.end()
		if err := e.begin(); err != nil {
			st.close()
			return err
		}
	}
	for {
		err := s.live(ctx, st)
		if !errors.Is(err, errRestart) {
			return err
		}
		if st, err = s.load(st); err != nil {
			return err
		}
	}
}

// live serves one state until ctx ends, a restart is asked for or the log fails.
func (s *Server) live(ctx context.Context, st *state) error {
	life := newLifetime(st)
	st.life = life
	s.begin(life)
	err := st.run(ctx)
	s.end(st)
	life.end()
	st.close()
	return err
}

func (s *Server) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running {
		return false
	}
	s.running = true
	return true
}

func (s *Server) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running = false
	s.replaceEnded()
	select {
	case <-s.ready:
		s.ready = make(chan struct{}) // for the next Run
	default: // never got there; who waits for it may wait for the next Run
	}
}

func (s *Server) begin(life *lifetime) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.life = life
	s.replaceEnded()
	select {
	case <-s.ready: // a restart
	default:
		close(s.ready)
	}
}

func (s *Server) end(st *state) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.life, s.ended = nil, s.life
	s.last = issued{st.zxid, st.sessions.lastID}
}

// replaceEnded tells those who wait for a restart; the caller holds mu.
func (s *Server) replaceEnded() {
	if s.ended != nil {
		close(s.ended.replaced)
		s.ended = nil
	}
}

func (s *Server) present() *lifetime {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.life
}

// Ready is closed once the server serves. After Run has returned it is a new
// channel, for the next Run.
func (s *Server) Ready() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ready
}

// Addr is the bound address of the first endpoint; it is valid once the server is
// ready.
func (s *Server) Addr() string { return s.endpoints[0].Addr() }

// call runs f on the state's goroutine and waits for it.
func (s *Server) call(ctx context.Context, f func(*state) error) error {
	life := s.present()
	if life == nil {
		return ErrNotRunning
	}
	return life.call(ctx, f)
}
