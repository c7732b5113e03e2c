package discovery_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/run/fault"
	"oakmoot/internal/worldtest"
	"oakmoot/internal/zk/announce"
	"oakmoot/internal/zk/discovery"
	"oakmoot/internal/zk/zkconn"
	"oakmoot/internal/zk/zkpath"
)

// world is a ZooKeeper in a bubble.
type world struct{ *worldtest.World }

// bubble runs f in virtual time.
func bubble(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	worldtest.Bubble(t, func(t *testing.T, w *worldtest.World) { f(t, &world{w}) })
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
	w.T.Helper()
	p := &process{w: w, link: w.Link()}
	p.zc = w.Open(p.link.DialZK)
	p.Announcer = announce.NewAnnouncer(p.zc, hclog.NewNullLogger())
	w.Background("the announcer", p.Run)
	return p
}

func (p *process) expire() {
	p.w.T.Helper()
	p.w.Expire(p.zc)
}

// service announces a service, as the process at a port.
func (p *process) service(name string, port int) (withdraw func(context.Context) error) {
	p.w.T.Helper()
	withdraw, err := discovery.AnnounceService(p.w.T.Context(), p.zc, p.w.Paths, worldtest.At(name, port), name)
	p.w.Must(err)
	return withdraw
}

// entries are the paths of a service's instances.
func (w *world) entries(service string) []string {
	w.T.Helper()
	synctest.Wait()
	dir := w.Paths.Service(service)
	names, err := w.Conn.Children(w.T.Context(), dir)
	if err != nil && !errors.Is(err, zkconn.ErrNoNode) {
		w.T.Fatal(err)
	}
	for i := range names {
		names[i] = zkpath.Join(dir, names[i])
	}
	return names
}
