package worldtest

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/disk"
	"oakmoot/internal/run/fault"
	"oakmoot/internal/run/node"
	"oakmoot/internal/zk/announce"
	"oakmoot/internal/zk/zkconn"
)

// Background runs f until stop is called, which waits for its end, or the test is
// over. The test fails when f ends with an error.
func (w *World) Background(what string, f func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- f(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			w.T.Errorf("%s ended with %v, want nil", what, err)
		}
	})
	w.T.Cleanup(stop)
	return stop
}

// Start is Background, and waits until f says that it is ready.
func (w *World) Start(what string, f func(ctx context.Context, ready func()) error) (stop func()) {
	w.T.Helper()
	ready, over := make(chan struct{}), make(chan struct{})
	stop = w.Background(what, func(ctx context.Context) error {
		defer close(over)
		return f(ctx, func() { close(ready) })
	})
	select {
	case <-ready:
	case <-over:
		stop() // says why
		w.T.Fatalf("%s was never ready\n%s", what, w.story())
	}
	return stop
}

// At is a process of 127.0.0.1.
func At(service string, port int) druid.Node {
	return druid.Node{Service: service, Host: "127.0.0.1", PlaintextPort: port, TLSPort: -1, EnablePlaintextPort: true}
}

// Env is what a role at a port of 127.0.0.1 is given. Properties, directory, log and
// Ready are left to the caller.
func (w *World) Env(service string, port int) node.Env {
	return node.Env{
		Self: At(service, port), Paths: w.Paths, Client: w.Client, Disk: disk.OS{},
		Open: w.Opener(w.Net.DialContext),
		Listen: func(context.Context) (net.Listener, error) {
			return w.Net.Listen(fmt.Sprintf("127.0.0.1:%d", port))
		},
	}
}

// Serve answers HTTP at an address, as one of Druid's processes does, until stop is
// called or the test is over.
func (w *World) Serve(addr string, h http.Handler) (stop func()) {
	w.T.Helper()
	ln, err := w.Net.Listen(addr)
	w.Must(err)
	env := node.Env{Log: hclog.NewNullLogger()}
	return w.Background("HTTP at "+addr, func(ctx context.Context) error { return node.ServeOn(ctx, ln, env, h) })
}

// Process is a process with an announcer on a connection of its own.
type Process struct {
	*announce.Announcer
	World *World
	Conn  zkconn.Conn
	Link  *fault.Link // of the connection
	Stop  func()      // a clean end of the announcer
}

// Process starts a process whose announcer runs until Stop is called or the test is over.
func (w *World) Process() *Process {
	w.T.Helper()
	p := &Process{World: w, Link: w.Link()}
	p.Conn = w.Open(p.Link.DialZK)
	p.Announcer = announce.NewAnnouncer(p.Conn, hclog.NewNullLogger())
	p.Stop = w.Background("the announcer", p.Run)
	return p
}

// Expire ends the process's session.
func (p *Process) Expire() {
	p.World.T.Helper()
	p.World.Expire(p.Conn)
}
