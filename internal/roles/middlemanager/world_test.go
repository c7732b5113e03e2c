package middlemanager

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/peon"
	"oakmoot/internal/run/deepstore"
	"oakmoot/internal/run/disk"
	"oakmoot/internal/run/fault"
	"oakmoot/internal/run/fault/diskfault"
	"oakmoot/internal/run/node"
	"oakmoot/internal/worldtest"
	"oakmoot/internal/zk/zkconn"
)

const workerHost = "127.0.0.1:8091"

// world is a ZooKeeper in memory, what an overlord does to it, and a place for one
// worker to live and to come back to.
type world struct {
	*worldtest.World
	dir     string
	faults  *diskfault.Disk
	props   node.Properties
	kinds   []peon.Kind
	log     *worldtest.Log
	commits *worldtest.Record
	link    *fault.Link // from the worker to ZooKeeper
	wrap    func(zkconn.Conn) zkconn.Conn
}

// inWorld runs f in a bubble.
func inWorld(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	worldtest.Bubble(t, func(t *testing.T, in *worldtest.World) {
		f(t, &world{
			World: in, dir: t.TempDir(), faults: diskfault.New(disk.OS{}, rand.New(rand.NewPCG(1, 2))), props: node.Properties{}, log: in.NewLog(), commits: in.Record(), link: in.Link(),
			wrap: func(zc zkconn.Conn) zkconn.Conn { return zc },
		})
	})
}

// start runs the worker until stop is called, which waits for its end.
func (w *world) start() (stop func()) {
	w.T.Helper()
	cfg := Config{
		IP: "127.0.0.1", Capacity: 2, Kinds: w.kinds,
		ListenPeon: func(context.Context) (net.Listener, error) { return w.Net.Listen("127.0.0.1:0") },
	}
	cfg.Env = w.Env("druid/middleManager", 8091)
	cfg.Props, cfg.Dir, cfg.Log = w.props, filepath.Join(w.dir, "node"), w.log.Logger("middlemanager-1")
	open := w.Opener(w.link.DialZK)
	cfg.Open = func(ctx context.Context) (zkconn.Conn, error) {
		zc, err := open(ctx)
		if err != nil {
			return nil, err
		}
		return w.wrap(zc), nil
	}
	return w.Start("the worker", func(ctx context.Context, ready func()) error {
		cfg.Ready, cfg.Disk = ready, w.faults.Until(ctx)
		cfg.DeepStorage = deepstore.New(cfg.Disk, filepath.Join(w.dir, "deep"))
		cfg.Logs = deepstore.NewLogs(cfg.Disk, filepath.Join(w.dir, "logs"))
		return Run(ctx, cfg)
	})
}

// assign writes a task as an overlord does.
func (w *world) assign(id, task string) {
	w.T.Helper()
	w.Assign(w.Conn, workerHost, id, task)
}

// noop is a task that sleeps for so many milliseconds.
func noop(id string, millis int) string {
	return worldtest.Noop(id, fmt.Sprintf(`"runTime":%d`, millis))
}

// accepted assigns a noop task and waits until the worker has taken it.
func (w *world) accepted(id string, millis int) {
	w.T.Helper()
	w.assign(id, noop(id, millis))
	w.Until(id+" is accepted", func() bool { return w.status(id) != nil })
}

// status is a task's status node, nil without one.
func (w *world) status(id string) *druid.TaskAnnouncement {
	w.T.Helper()
	return w.TaskStatus(workerHost, id)
}

// ended waits for a task's final status.
func (w *world) ended(id string) druid.TaskStatus {
	w.T.Helper()
	var s druid.TaskStatus
	w.Until(id+" has ended", func() bool {
		if a := w.status(id); a != nil {
			s = a.Status
		}
		return s.Complete()
	})
	return s
}

// located waits until a task runs at a known place.
func (w *world) located(id string) druid.TaskLocation {
	w.T.Helper()
	var at druid.TaskLocation
	w.Until(id+" is located", func() bool {
		if a := w.status(id); a != nil {
			at = a.Location
		}
		return at.Port > 0
	})
	return at
}

// written are the commits so far, as "kind path content".
func (w *world) written() []string {
	w.T.Helper()
	lines := []string{}
	for _, c := range w.commits.All() {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s %s", c.Kind, c.Path, druid.Gunzip(c.After))))
	}
	return lines
}

// writtenAbout are the commits with a piece of text in them.
func (w *world) writtenAbout(piece string) []string {
	w.T.Helper()
	got := []string{}
	for _, line := range w.written() {
		if strings.Contains(line, piece) {
			got = append(got, line)
		}
	}
	return got
}
