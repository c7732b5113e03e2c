package announce_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/fault"
	"oakmoot/internal/worldtest"
	"oakmoot/internal/zk/announce"
	"oakmoot/internal/zk/zkconn"
	"oakmoot/zkembed"
)

// world is a ZooKeeper in a bubble.
type world struct{ *worldtest.World }

// bubble runs f in virtual time.
func bubble(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	worldtest.Bubble(t, func(t *testing.T, w *worldtest.World) { f(t, &world{w}) })
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
	w.T.Helper()
	p := &process{w: w, link: w.Link()}
	p.zc = w.Open(p.link.DialZK)
	p.Announcer = announce.NewAnnouncer(p.zc, hclog.NewNullLogger())
	p.stop = w.Background("the announcer", p.Run)
	return p
}

func (p *process) announce(path, data string, removeParent bool) {
	p.w.T.Helper()
	p.w.Must(p.Announce(p.w.T.Context(), path, []byte(data), removeParent))
}

func (p *process) update(path, data string) {
	p.w.T.Helper()
	p.w.Must(p.Update(p.w.T.Context(), path, []byte(data)))
}

func (p *process) expire() {
	p.w.T.Helper()
	p.w.Expire(p.zc)
}

// text is what a node holds, unpacked; "" when it is not there.
func (w *world) text(path string) string {
	w.T.Helper()
	synctest.Wait()
	data, _, err := w.Conn.Get(w.T.Context(), path)
	if err != nil {
		return ""
	}
	return string(druid.Gunzip(data))
}

func (w *world) expect(path, want string) {
	w.T.Helper()
	if got := w.text(path); got != want {
		w.T.Errorf("%s: got %q, want %q", path, got, want)
	}
}

// stat is a node's stat; nil when it is not there.
func (w *world) stat(path string) *zkconn.Stat {
	w.T.Helper()
	synctest.Wait()
	stat, err := w.Conn.Exists(w.T.Context(), path)
	w.Must(err)
	return stat
}

// tree is every node at and below a path with its text, unpacked.
func (w *world) tree(path string) map[string]string {
	w.T.Helper()
	synctest.Wait()
	all := map[string]string{}
	err := w.ZK.Walk(w.T.Context(), path, func(n zkembed.Node) error {
		all[strings.TrimPrefix(n.Path, path)] = string(druid.Gunzip(n.Data))
		return nil
	})
	w.Must(err)
	return all
}
