package worldtest

import (
	"context"
	"fmt"
	"net"
	"sync"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/node"
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

// Env is what a role is given that is to live at a port of 127.0.0.1. Properties,
// directory, log and Ready are left to the caller.
func (w *World) Env(service string, port int) node.Env {
	return node.Env{
		Self: At(service, port), Paths: w.Paths, Client: w.Client,
		Open: w.Opener(w.Net.DialContext),
		Listen: func(context.Context) (net.Listener, error) {
			return w.Net.Listen(fmt.Sprintf("127.0.0.1:%d", port))
		},
	}
}
