package announce_test

import (
	"context"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/announce"
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

// process has an announcer on a connection of its own.
type process struct {
	*announce.Announcer
	w    *world
	zc   zkconn.Conn
	link *fault.Link
	stop func() // a clean end
}

// start runs an announcer until the test ends or stop is called.
func (w *world) start() *process {
	w.t.Helper()
	p := &process{w: w, link: fault.NewLink(w.net.DialContext, rand.New(rand.NewPCG(1, 1)))}
	p.zc = w.open(p.link.DialZK)
	p.Announcer = announce.NewAnnouncer(p.zc, hclog.NewNullLogger())
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	p.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			w.t.Errorf("announcer ended with %v, want nil", err)
		}
	})
	w.t.Cleanup(p.stop)
	return p
}

func (p *process) announce(path, data string, removeParent bool) {
	p.w.t.Helper()
	if err := p.Announce(p.w.t.Context(), path, []byte(data), removeParent); err != nil {
		p.w.t.Fatal(err)
	}
}

func (p *process) update(path, data string) {
	p.w.t.Helper()
	if err := p.Update(p.w.t.Context(), path, []byte(data)); err != nil {
		p.w.t.Fatal(err)
	}
}

func (p *process) expire() {
	p.w.t.Helper()
	if err := p.w.srv.Expire(p.w.t.Context(), zkembed.SessionID(p.zc.SessionID())); err != nil {
		p.w.t.Fatal(err)
	}
}

// text is what a node holds, unpacked; "" when it is not there.
func (w *world) text(path string) string {
	w.t.Helper()
	synctest.Wait()
	data, _, err := w.zc.Get(w.t.Context(), path)
	if err != nil {
		return ""
	}
	return string(druid.Gunzip(data))
}

func (w *world) expect(path, want string) {
	w.t.Helper()
	if got := w.text(path); got != want {
		w.t.Errorf("%s: got %q, want %q", path, got, want)
	}
}

// stat is a node's stat; nil when it is not there.
func (w *world) stat(path string) *zkconn.Stat {
	w.t.Helper()
	synctest.Wait()
	stat, err := w.zc.Exists(w.t.Context(), path)
	if err != nil {
		w.t.Fatal(err)
	}
	return stat
}

// tree is every node at and below a path with its text, unpacked.
func (w *world) tree(path string) map[string]string {
	w.t.Helper()
	synctest.Wait()
	all := map[string]string{}
	err := w.srv.Walk(w.t.Context(), path, func(n zkembed.Node) error {
		all[strings.TrimPrefix(n.Path, path)] = string(druid.Gunzip(n.Data))
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return all
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
