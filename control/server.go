package control

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/cluster"
	"oakmoot/control/page"
	"oakmoot/internal/run/loop"
	"oakmoot/zkembed"
)

// On gives a cluster a control address, for example "127.0.0.1:0". Off loopback it requires the token.
func On(addr, token string) cluster.Option {
	return Open(addr, Options{Token: token})
}

// Open is On with all of the settings; transport and log are the cluster's.
func Open(addr string, opts Options) cluster.Option {
	return cluster.Serve(addr, func(ctx context.Context, c *cluster.Cluster, ln net.Listener, log hclog.Logger) error {
		opts.Transport, opts.Log = c.HTTPClient().Transport, log
		return Serve(ctx, ln, c, opts)
	})
}

// Backend is what the control address shows and controls: a running cluster.
type Backend interface {
	// StatusOf is the cluster at this moment, with lists that end after limit; 0 is no limit.
	StatusOf(ctx context.Context, limit int) (cluster.Status, error)
	NodeList(ctx context.Context, p cluster.Page) (cluster.Listing[cluster.Node], error)
	Servers(ctx context.Context, p cluster.Page) (cluster.Listing[cluster.ServedSegments], error)
	Segments(ctx context.Context, p cluster.Page) (cluster.Listing[cluster.Segment], error)
	TaskList(ctx context.Context, p cluster.Page) (cluster.Listing[cluster.Task], error)
	// TreePage lists the znodes at and below path, parents first.
	TreePage(ctx context.Context, path string, p cluster.Page) (cluster.Listing[cluster.Znode], error)
	// Trace yields the protocol steps from zxid from on, and then live ones until ctx ends.
	Trace(ctx context.Context, from int64) iter.Seq2[cluster.TraceStep, error]
	// Past is the run so far, step by step; nil when nobody looks back.
	Past() *cluster.Past
	// Children lists the children of a znode.
	Children(ctx context.Context, path string, p cluster.Page) (cluster.Listing[cluster.Znode], error)
	Znode(ctx context.Context, path string) (cluster.Znode, error)
	// Owned is what ends with the sessions of a node.
	Owned(ctx context.Context, node string) (cluster.Owned, error)
	// StepTOML is the step of a topology that does what an expression does.
	StepTOML(expression string) (string, error)
	// Do carries out a fault expression, such as "kill coordinator@leader for 20s".
	Do(ctx context.Context, expression string) (cluster.Fault, error)
	// WaitFor returns once the expression holds; if ctx ends first, the error says what was seen last.
	WaitFor(ctx context.Context, expression string) error
	// Leader is the host:port of the kind's leading node, or of any node of a kind that does not elect; "" if there
	// is none.
	Leader(ctx context.Context, kind string) (string, error)
	// ZooKeeperMetrics are those of the embedded server, under its own names; none with an external one.
	ZooKeeperMetrics(ctx context.Context) ([]zkembed.Metric, error)
	// Seat is what a real Druid process needs to take a node's place.
	Seat(name string) (cluster.Seat, error)
}

// Options are the settings of a control server.
type Options struct {
	Token     string            // required of every request unless empty
	Transport http.RoundTripper // for the pass-through; nil is http.DefaultTransport
	Log       hclog.Logger
	Stop      func() // ends the run when somebody asks for that; nil refuses
}

// logger is the log, whether or not there is one.
func (o Options) logger() hclog.Logger {
	if o.Log == nil {
		return hclog.NewNullLogger()
	}
	return o.Log
}

// server answers the control address.
type server struct {
	backend Backend
	opts    Options
	life    context.Context // of the server
	doing   sync.WaitGroup  // faults whose answers have not waited for them
}

// Serve answers on ln until ctx ends, and returns once every answer has been given or cut off.
func Serve(ctx context.Context, ln net.Listener, b Backend, opts Options) error {
	life, end := context.WithCancel(ctx)
	own := newServer(life, b, opts)
	defer own.doing.Wait()
	defer end()
	handler := guard{next: own.routes(), listen: ln.Addr(), token: opts.Token}
	srv := &http.Server{
		Handler:           handler,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          opts.Log.StandardLogger(&hclog.StandardLoggerOptions{ForceLevel: hclog.Debug}),
	}
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(ln) }()
	select {
	case err := <-ended:
		return fmt.Errorf("control address %s: %w", ln.Addr(), err)
	case <-ctx.Done():
	}
	goodbye, cancel := loop.Goodbye(ctx, loop.GoodbyeHTTP)
	defer cancel()
	if srv.Shutdown(goodbye) != nil {
		_ = srv.Close() // cuts off whatever is still in progress after the limit
	}
	<-ended
	return nil
}

func newServer(ctx context.Context, b Backend, opts Options) *server {
	return &server{backend: b, opts: opts, life: ctx}
}

// route is a row of the control API.
type route struct {
	pattern string
	handle  func(*server, http.ResponseWriter, *http.Request) error
}

// api is the whole control API; the reference shows each row with the doc comment of its handler.
var api = []route{
	{"GET /api/status", (*server).status},
	{"GET /api/trace", (*server).trace},
	{"GET /api/span", (*server).span},
	{"GET /api/steps", (*server).steps},
	{"GET /api/why", (*server).why},
	{"GET /api/record", (*server).record},
	{"GET /api/znode", (*server).znode},
	{"GET /api/owned", (*server).owned},
	{"GET /api/toml", (*server).toml},
	{"GET /api/verbs", (*server).verbs},
	{"GET /api/wait", (*server).wait},
	{"GET /api/seat", (*server).seat},
	{"POST /api/fault", (*server).fault},
	{"POST /api/stop", (*server).stop},
}

func (s *server) routes() http.Handler {
	mux := http.NewServeMux()
	for _, r := range api {
		mux.HandleFunc(r.pattern, func(w http.ResponseWriter, req *http.Request) {
			if err := r.handle(s, w, req); err != nil {
				writeError(w, err)
			}
		})
	}
	for _, l := range lists {
		mux.HandleFunc("GET "+l.path, func(w http.ResponseWriter, req *http.Request) {
			if err := l.serve(s, w, req); err != nil {
				writeError(w, err)
			}
		})
	}
	mux.Handle("GET /metrics", s.metrics())
	mux.HandleFunc("GET /{$}", page.Serve)
	mux.HandleFunc("GET "+page.Prefix, page.Serve)
	for prefix, kind := range passThrough {
		mux.Handle(prefix, s.pass(kind))
	}
	return mux
}

// How long a look at the cluster, or a change of it, may take. If a backend takes longer, an error is answered
// instead.
const (
	lookLimit   = 10 * time.Second
	changeLimit = time.Minute
)

// statusLimit is how long the lists of a status are when nobody says.
const statusLimit = 100

// status answers with nodes, leaders, servers, datasources, tasks, faults, steps, expectations and invariants; lists
// end after `?limit=100`, `total` says how long they are, `headline` what matters most; with `&at=SEQ` as it was after that
// step, and `unknown` says what of it is not.
func (s *server) status(w http.ResponseWriter, r *http.Request) error {
	limit, err := limitOf(r)
	if err != nil {
		return err
	}
	limit = cmp.Or(limit, statusLimit)
	ctx, cancel := context.WithTimeout(r.Context(), lookLimit)
	defer cancel()
	return answer(s, w, r,
		func(p *cluster.Past, seq int64) (cluster.Status, error) { return p.StatusAt(seq, limit) },
		func() (cluster.Status, error) { return s.backend.StatusOf(ctx, limit) })
}

// seat answers with the properties that a real process needs to take the seat `?name=`.
func (s *server) seat(w http.ResponseWriter, r *http.Request) error {
	seat, err := s.backend.Seat(r.URL.Query().Get("name"))
	if err != nil {
		return err
	}
	return writeJSON(w, seat)
}

// DefaultWait is how long to wait for a condition if the caller does not say.
const DefaultWait = 30 * time.Second

// wait answers `{"holds":true}` once `?expr=` holds; 408 with what was seen last if that takes longer than
// `&timeout=30s`.
func (s *server) wait(w http.ResponseWriter, r *http.Request) error {
	timeout := DefaultWait
	if text := r.URL.Query().Get("timeout"); text != "" {
		d, err := time.ParseDuration(text)
		if err != nil || d <= 0 {
			return fmt.Errorf("timeout %q is not a duration such as 30s: %w", text, cluster.ErrBadExpression)
		}
		timeout = d
	}
	ctx, cancel := context.WithTimeout(r.Context(), timeout)
	defer cancel()
	if err := s.backend.WaitFor(ctx, r.URL.Query().Get("expr")); err != nil {
		return err
	}
	return writeJSON(w, map[string]bool{"holds": true})
}

// faultRequest is the body of POST /api/fault.
type faultRequest struct {
	Do string `json:"do"`

	// Begin has the answer not wait for what takes its time, such as a goodbye: what comes of that is told in the trace.
	Begin bool `json:"begin,omitempty"`
}

// beginLimit is how long an answer waits that need not wait.
const beginLimit = 50 * time.Millisecond

// bodyLimit bounds the body of a request to the control API.
const bodyLimit = 64 << 10

// fault carries out the action of its body, `{"do":"kill coordinator@leader for 20s"}`, and answers with the fault and
// its id; 400 for a mistake in it, 409 for what cannot be done as things are or once the run is over. With `"begin":true` it does not wait for a goodbye.
func (s *server) fault(w http.ResponseWriter, r *http.Request) error {
	var req faultRequest
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, bodyLimit))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&req); err != nil {
		return fmt.Errorf("body: %w: %w", err, cluster.ErrBadExpression)
	}
	if req.Begin {
		return s.beginFault(w, req.Do)
	}
	ctx, cancel := context.WithTimeout(r.Context(), changeLimit)
	defer cancel()
	f, err := s.backend.Do(ctx, req.Do)
	if err != nil {
		return &undoneError{err}
	}
	return writeJSON(w, f)
}

// undoneError is that an action cannot be done as things are, unless its chain says better why: nobody leads, or a znode
// is there already.
type undoneError struct{ err error }

func (e *undoneError) Error() string { return e.err.Error() }
func (e *undoneError) Unwrap() error { return e.err }

// beginFault answers once the fault is done or has had a moment to begin, whichever is first. It goes on when the caller
// has gone.
func (s *server) beginFault(w http.ResponseWriter, do string) error {
	type outcome struct {
		fault cluster.Fault
		err   error
	}
	done := make(chan outcome, 1)
	s.doing.Go(func() {
		ctx, cancel := context.WithTimeout(s.life, changeLimit)
		defer cancel()
		f, err := s.backend.Do(ctx, do)
		if err != nil {
			s.opts.logger().Warn("fault", "do", do, "error", err)
		}
		done <- outcome{f, err}
	})
	enough := time.NewTimer(beginLimit)
	defer enough.Stop()
	select {
	case o := <-done:
		if o.err != nil {
			return &undoneError{o.err}
		}
		return writeJSON(w, o.fault)
	case <-enough.C:
		return writeJSON(w, begun{Do: do, Begun: true})
	}
}

// begun is the answer for a fault that is not done yet.
type begun struct {
	Do    string `json:"do"`
	Begun bool   `json:"begun"`
}

// stop ends the run, as an interrupt does: for systems that have no such signal for other processes.
func (s *server) stop(w http.ResponseWriter, _ *http.Request) error {
	if s.opts.Stop == nil {
		return &undoneError{errors.New("this cluster is not stopped from here: its control address has no Stop")}
	}
	defer s.opts.Stop()
	return writeJSON(w, map[string]bool{"stopping": true})
}

func writeJSON(w http.ResponseWriter, v any) error {
	b, err := json.Marshal(Full(v))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(append(b, '\n')) // the caller has gone away
	return nil
}

// writeError answers with an error: 400 for wrong input, 409 for what a run that is over does not do and for an action that cannot be done now, 503 for what
// cannot be known now, 408 for a condition that did not come true in time, 500 for the rest.
func writeError(w http.ResponseWriter, err error) {
	answer := problem{Error: err.Error()}
	code := http.StatusInternalServerError
	switch {
	case errors.Is(err, cluster.ErrBadExpression):
		code = http.StatusBadRequest
	case errors.Is(err, cluster.ErrOver):
		code = http.StatusConflict
	case errors.Is(err, cluster.ErrUnavailable):
		code, answer.Unavailable = http.StatusServiceUnavailable, true
	case errors.Is(err, context.DeadlineExceeded):
		code = http.StatusRequestTimeout
	case errors.As(err, new(*undoneError)):
		code = http.StatusConflict
	}
	b, _ := json.Marshal(answer)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_, _ = w.Write(append(b, '\n'))
}

// problem is the body of an answer that is not a success.
type problem struct {
	Error       string `json:"error"`
	Unavailable bool   `json:"unavailable,omitempty"` // ZooKeeper is away
}
