package discovery_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/announce"
	"oakmoot/internal/discovery"
	"oakmoot/internal/druid"
	"oakmoot/internal/fault"
	"oakmoot/internal/memnet"
	"oakmoot/internal/zkconn"
	"oakmoot/internal/zkpath"
	"oakmoot/zkembed"
)

const sessionTimeout = 6 * time.Second

// world is a ZooKeeper in a bubble.
type world struct {
	t     *testing.T
	net   *memnet.Network
	srv   *zkembed.Server
	zc    zkconn.Conn // the test's own
	paths zkpath.Paths
}

// bubble runs f in virtual time.
func bubble(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, net: memnet.New()}
		w.srv = zkembed.RunT(t, zkembed.Options{Network: w.net, Tick: 500 * time.Millisecond})
		w.zc = w.open(w.net.DialContext)
		var err error
		if w.paths, err = zkpath.New(nil); err != nil {
			t.Fatal(err)
		}
		f(t, w)
	})
}

func (w *world) open(dial zkconn.DialFunc) zkconn.Conn {
	w.t.Helper()
	zc, err := zkconn.Open(w.t.Context(), zkconn.Options{Servers: []string{w.srv.Addr()}, SessionTimeout: sessionTimeout, Dial: dial})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(zc.Close)
	return zc
}

// process is a connection of its own, with an announcer.
type process struct {
	*announce.Announcer
	w    *world
	zc   zkconn.Conn
	link *fault.Link
}

// start runs an announcer until the test ends.
func (w *world) start() *process {
	w.t.Helper()
	p := &process{w: w, link: fault.NewLink(w.net.DialContext, rand.New(rand.NewPCG(1, 1)))}
	p.zc = w.open(p.link.DialZK)
	p.Announcer = announce.NewAnnouncer(p.zc, hclog.NewNullLogger())
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	w.t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			w.t.Errorf("announcer ended with %v, want nil", err)
		}
	})
	return p
}

func (p *process) expire() {
	p.w.t.Helper()
	if err := p.w.srv.Expire(p.w.t.Context(), zkembed.SessionID(p.zc.SessionID())); err != nil {
		p.w.t.Fatal(err)
	}
}

// service announces a service, as the process at a port.
func (p *process) service(name string, port int) (withdraw func(context.Context) error) {
	p.w.t.Helper()
	withdraw, err := discovery.AnnounceService(p.w.t.Context(), p.zc, p.w.paths, at(name, port), name)
	if err != nil {
		p.w.t.Fatal(err)
	}
	return withdraw
}

// at is a process of 127.0.0.1.
func at(service string, port int) druid.Node {
	return druid.Node{Service: service, Host: "127.0.0.1", PlaintextPort: port, TLSPort: -1, EnablePlaintextPort: true}
}

// entries are the paths of a service's instances.
func (w *world) entries(service string) []string {
	w.t.Helper()
	synctest.Wait()
	dir := w.paths.Service(service)
	names, err := w.zc.Children(w.t.Context(), dir)
	if err != nil && !errors.Is(err, zkconn.ErrNoNode) {
		w.t.Fatal(err)
	}
	for i := range names {
		names[i] = zkpath.Join(dir, names[i])
	}
	return names
}

// until waits for a state, at most five minutes of the bubble's time.
func (w *world) until(what string, cond func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(5 * time.Minute); !cond(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			dump, _ := w.srv.Dump(w.t.Context()) // only for the message
			w.t.Fatalf("never: %s\n%s", what, dump)
		}
	}
}
