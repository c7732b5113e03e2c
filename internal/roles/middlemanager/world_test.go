package middlemanager

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/peon"
	"oakmoot/internal/run/deepstore"
	"oakmoot/internal/run/disk"
	"oakmoot/internal/run/fault/diskfault"
	"oakmoot/internal/run/memnet"
	"oakmoot/internal/run/node"
	"oakmoot/internal/zk/zkconn"
	"oakmoot/internal/zk/zkpath"
	"oakmoot/zkembed"
)

const workerHost = "127.0.0.1:8091"

// world is a ZooKeeper in memory, what an overlord sees of it, and a place for one
// worker to live and to come back to.
type world struct {
	t       *testing.T
	net     *memnet.Network
	zk      *zkembed.Server
	zc      zkconn.Conn // the overlord's
	paths   zkpath.Paths
	dir     string
	faults  *diskfault.Disk
	props   node.Properties
	kinds   []peon.Kind
	client  *http.Client
	log     *lockedBuffer
	written *record
	wire    *wire // from the worker to ZooKeeper
	wrap    func(zkconn.Conn) zkconn.Conn
}

// newWorld must be called inside a bubble.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, net: memnet.New(), dir: t.TempDir(), faults: diskfault.New(disk.OS{}, rand.New(rand.NewPCG(1, 2))), props: node.Properties{}, log: &lockedBuffer{}, written: &record{}}
	w.wrap = func(zc zkconn.Conn) zkconn.Conn { return zc }
	w.wire = &wire{net: w.net}
	w.zk = zkembed.RunT(t, zkembed.Options{Network: w.net})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.written.follow(w.zk.Commits(ctx, 0))
	}()
	t.Cleanup(func() { cancel(); <-done })
	var err error
	if w.paths, err = zkpath.New(nil); err != nil {
		t.Fatal(err)
	}
	w.client = &http.Client{Transport: &http.Transport{DialContext: w.net.DialContext, DisableKeepAlives: true}}
	w.zc = w.open(ctx, w.net.DialContext)
	t.Cleanup(w.zc.Close)
	return w
}

func (w *world) open(ctx context.Context, dial zkconn.DialFunc) zkconn.Conn {
	w.t.Helper()
	zc, err := zkconn.Open(ctx, zkconn.Options{Servers: []string{w.zk.Addr()}, SessionTimeout: 6 * time.Second, Dial: dial, Log: hclog.NewNullLogger()})
	if err != nil {
		w.t.Fatalf("open ZooKeeper: %v", err)
	}
	return zc
}

// start runs the worker until stop is called, which waits for its end.
func (w *world) start() (stop func()) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.t.Context())
	ready := make(chan struct{})
	failed := make(chan error, 1)
	own := w.faults.Until(ctx)
	cfg := Config{
		DeepStorage: deepstore.New(own, filepath.Join(w.dir, "deep")),
		Logs:        deepstore.NewLogs(own, filepath.Join(w.dir, "logs")),
		IP:          "127.0.0.1", Capacity: 2, Kinds: w.kinds,
		ListenPeon: func(context.Context) (net.Listener, error) { return w.net.Listen("127.0.0.1:0") },
	}
	cfg.Self = druid.Node{Service: "druid/middleManager", Host: "127.0.0.1", PlaintextPort: 8091, TLSPort: -1, EnablePlaintextPort: true}
	cfg.Paths, cfg.Props, cfg.Client = w.paths, w.props, w.client
	cfg.Disk, cfg.Dir = own, filepath.Join(w.dir, "node")
	cfg.Log = hclog.New(&hclog.LoggerOptions{Output: w.log, Level: hclog.Debug})
	cfg.Open = func(ctx context.Context) (zkconn.Conn, error) { return w.wrap(w.open(ctx, w.wire.dial)), nil }
	cfg.Listen = func(context.Context) (net.Listener, error) { return w.net.Listen(workerHost) }
	cfg.Ready = func() { close(ready) }
	go func() { failed <- Run(ctx, cfg) }()
	select {
	case <-ready:
	case err := <-failed:
		w.t.Fatalf("the worker did not start: %v\n%s", err, w.log)
	}
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-failed; err != nil {
			w.t.Errorf("the worker ended with %v, want nil", err)
		}
	}
	w.t.Cleanup(stop)
	return stop
}

// assign writes a task as an overlord does.
func (w *world) assign(id, task string) {
	w.t.Helper()
	if _, err := w.zc.Create(w.t.Context(), w.paths.Task(workerHost, id), []byte(task), zkconn.Ephemeral); err != nil {
		w.t.Fatalf("assign %s: %v", id, err)
	}
}

// noop is a task that sleeps for so many milliseconds.
func noop(id string, millis int) string {
	return fmt.Sprintf(`{"type":"noop","id":%q,"runTime":%d}`, id, millis)
}

// accepted assigns a noop task and waits until the worker has taken it.
func (w *world) accepted(id string, millis int) {
	w.t.Helper()
	w.assign(id, noop(id, millis))
	w.until(id+" is accepted", func() bool { return w.status(id) != nil })
}

// status is a task's status node, nil without one.
func (w *world) status(id string) *druid.TaskAnnouncement {
	w.t.Helper()
	data, _, err := w.zc.Get(w.t.Context(), w.paths.Status(workerHost, id))
	if errors.Is(err, zkconn.ErrNoNode) {
		return nil
	}
	if err != nil {
		w.t.Fatalf("status of %s: %v", id, err)
	}
	var a druid.TaskAnnouncement
	if err := json.Unmarshal(data, &a); err != nil {
		w.t.Fatalf("status of %s: %v", id, err)
	}
	return &a
}

// until waits for a state, at most an hour of the bubble's time.
func (w *world) until(what string, cond func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(time.Hour); !cond(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("never: %s\n%s\n%s", what, strings.Join(w.written.all(), "\n"), w.log)
		}
	}
}

// ended waits for a task's final status.
func (w *world) ended(id string) druid.TaskStatus {
	w.t.Helper()
	var s druid.TaskStatus
	w.until(id+" has ended", func() bool {
		if a := w.status(id); a != nil {
			s = a.Status
		}
		return s.Complete()
	})
	return s
}

// located waits until a task runs at a known place.
func (w *world) located(id string) druid.TaskLocation {
	w.t.Helper()
	var at druid.TaskLocation
	w.until(id+" is located", func() bool {
		if a := w.status(id); a != nil {
			at = a.Location
		}
		return at.Port > 0
	})
	return at
}

func (w *world) exists(path string) bool {
	w.t.Helper()
	stat, err := w.zc.Exists(w.t.Context(), path)
	if err != nil {
		w.t.Fatal(err)
	}
	return stat != nil
}

// http asks an address in the world; the answer is its code and body.
func (w *world) http(method, url, body string) (int, string) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, "http://"+url, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := w.client.Do(req)
	if err != nil {
		w.t.Fatalf("%s %s: %v", method, url, err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatalf("%s %s: %v", method, url, err)
	}
	return resp.StatusCode, string(answer)
}

// wire is a connection that can be cut, as the process at its end dies.
type wire struct {
	net *memnet.Network

	mu    sync.Mutex // guards the variables below
	cut   bool
	conns []net.Conn
}

func (w *wire) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := w.net.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cut {
		conn.Close()
		return nil, errors.New("the wire is cut")
	}
	w.conns = append(w.conns, conn)
	return conn, nil
}

// set cuts the wire, or mends it.
func (w *wire) set(cut bool) {
	w.mu.Lock()
	conns := w.conns
	w.cut, w.conns = cut, nil
	w.mu.Unlock()
	for _, c := range conns {
		c.Close()
	}
}

// lockedBuffer is a log that is read while it is written.
type lockedBuffer struct {
	mu sync.Mutex // guards b
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// record is what was committed to ZooKeeper, in order.
type record struct {
	mu    sync.Mutex // guards lines
	lines []string
}

// follow notes changes of nodes until the sequence ends.
func (r *record) follow(commits iter.Seq2[zkembed.Commit, error]) {
	for c, err := range commits {
		line := fmt.Sprintf("%s %s %s", c.Kind, c.Path, druid.Gunzip(c.After))
		if err != nil {
			line = "lost commits: " + err.Error()
		}
		r.mu.Lock()
		r.lines = append(r.lines, strings.TrimSpace(line))
		r.mu.Unlock()
	}
}

// all are the lines so far, once everybody in the bubble is at rest.
func (r *record) all() []string {
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string{}, r.lines...)
}

// about are the lines with a piece of text in them.
func (r *record) about(piece string) []string {
	got := []string{}
	for _, line := range r.all() {
		if strings.Contains(line, piece) {
			got = append(got, line)
		}
	}
	return got
}
