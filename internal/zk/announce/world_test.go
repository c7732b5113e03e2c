package announce_test

import (
	"testing"

	"oakmoot/internal/worldtest"
)

// world is a ZooKeeper in a bubble.
type world struct{ *worldtest.World }

// bubble runs f in virtual time.
func bubble(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	worldtest.Bubble(t, func(t *testing.T, w *worldtest.World) { f(t, &world{w}) })
}

// process has an announcer on a connection of its own.
type process struct{ *worldtest.Process }

// start runs an announcer until the test ends or Stop is called.
func (w *world) start() *process {
	w.T.Helper()
	return &process{w.Process()}
}

func (p *process) announce(path, data string, removeParent bool) {
	p.World.T.Helper()
	p.World.Must(p.Announce(p.World.T.Context(), path, []byte(data), removeParent))
}

func (p *process) update(path, data string) {
	p.World.T.Helper()
	p.World.Must(p.Update(p.World.T.Context(), path, []byte(data)))
}

func (w *world) expect(path, want string) {
	w.T.Helper()
	if got := w.Text(path); got != want {
		w.T.Errorf("%s: got %q, want %q", path, got, want)
	}
}
