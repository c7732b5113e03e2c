package discovery_test

import (
	"context"
	"testing"
	"time"

	"oakmoot/internal/worldtest"
	"oakmoot/internal/zk/discovery"
)

// world is a ZooKeeper in a bubble.
type world struct{ *worldtest.World }

// bubble runs f in virtual time.
func bubble(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	worldtest.Bubble(t, func(t *testing.T, w *worldtest.World) { f(t, &world{w}) })
}

// process is a process with an announcer on its own connection.
type process struct{ *worldtest.Process }

// start runs an announcer until the test ends.
func (w *world) start() *process {
	w.T.Helper()
	return &process{w.Process()}
}

// service announces a service, as the process at a port.
func (p *process) service(name string, port int) (withdraw func(context.Context) error) {
	p.World.T.Helper()
	withdraw, err := discovery.AnnounceService(p.World.T.Context(), p.Conn, p.World.Paths, worldtest.At(name, port), name, time.Now())
	p.World.Must(err)
	return withdraw
}

// entries returns the paths of a service's instances.
func (w *world) entries(service string) []string {
	w.T.Helper()
	return w.Children(w.Paths.Service(service))
}
