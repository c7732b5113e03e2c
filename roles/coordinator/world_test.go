package coordinator

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
	"oakmoot/internal/memnet"
	"oakmoot/internal/metadata"
	"oakmoot/internal/node"
	"oakmoot/internal/zkconn"
	"oakmoot/internal/zkpath"
	"oakmoot/zkembed"
)

// world is a ZooKeeper and a metadata store in memory, and what lives there.
type world struct {
	t      *testing.T
	net    *memnet.Network
	srv    *zkembed.Server
	paths  zkpath.Paths
	store  *metadata.Store
	client *http.Client // follows no redirects
	zc     zkconn.Conn  // the test's own
}

// inWorld runs f in a bubble.
func inWorld(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) { f(t, newWorld(t, dir)) })
}

func newWorld(t *testing.T, dir string) *world {
	t.Helper()
	w := &world{t: t, net: memnet.New()}
	w.srv = zkembed.RunT(t, zkembed.Options{Network: w.net, Tick: 500 * time.Millisecond})
	var err error
	if w.paths, err = zkpath.New(nil); err != nil {
		t.Fatal(err)
	}
	if w.store, err = metadata.Open(t.Context(), filepath.Join(dir, "metadata.db")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.store.Close() })
	w.client = &http.Client{
		Transport:     &http.Transport{DialContext: w.net.DialContext, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	w.zc = w.open(t.Context())
	t.Cleanup(w.zc.Close)
	return w
}

func (w *world) open(ctx context.Context) zkconn.Conn {
	w.t.Helper()
	zc, err := zkconn.Open(ctx, zkconn.Options{
		Servers: []string{w.srv.Addr()}, SessionTimeout: 6 * time.Second, Dial: w.net.DialContext, Log: hclog.NewNullLogger(),
	})
	if err != nil {
		w.t.Fatalf("open ZooKeeper: %v", err)
	}
	return zc
}

// incarnation is a running coordinator.
type incarnation struct {
	addr string
	zc   zkconn.Conn
	log  *lockedBuffer
	stop func()
}

// quick are the properties of a coordinator that does not wait for minutes.
var quick = node.Properties{
	"druid.coordinator.startDelay": "PT0S", "druid.coordinator.period": "PT1S",
	"druid.manager.segments.pollDuration": "PT1S", "druid.manager.rules.pollDuration": "PT1S",
	"druid.manager.config.pollDuration": "PT1S",
}

// start runs a coordinator at a port until the test ends or stop is called.
func (w *world) start(port int, change ...func(*Config)) *incarnation {
	w.t.Helper()
	in := &incarnation{addr: fmt.Sprintf("127.0.0.1:%d", port), log: &lockedBuffer{}}
	ctx, cancel := context.WithCancel(context.Background())
	ready, failed := make(chan struct{}), make(chan error, 1)
	cfg := Config{Store: w.store}
	cfg.Self = druid.Node{Service: "druid/coordinator", Host: "127.0.0.1", PlaintextPort: port, TLSPort: -1, EnablePlaintextPort: true}
	cfg.Paths, cfg.Props, cfg.Client = w.paths, quick, w.client
	cfg.Log = hclog.New(&hclog.LoggerOptions{Name: in.addr, Output: in.log, Level: hclog.Debug})
	cfg.Open = func(ctx context.Context) (zkconn.Conn, error) { in.zc = w.open(ctx); return in.zc, nil }
	cfg.Listen = func(context.Context) (net.Listener, error) { return w.net.Listen(in.addr) }
	cfg.Ready = func() { close(ready) }
	for _, f := range change {
		f(&cfg)
	}
	go func() { failed <- Run(ctx, cfg) }()
	select {
	case <-ready:
	case err := <-failed:
		w.t.Fatalf("the coordinator did not start: %v\n%s", err, in.log)
	}
	in.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-failed; err != nil {
			w.t.Errorf("the coordinator ended with %v, want nil", err)
		}
	})
	w.t.Cleanup(in.stop)
	return in
}

// day is a segment of a day of January 2019.
func day(dataSource string, n int) druid.DataSegment {
	start := druid.At(time.Date(2019, 1, n, 0, 0, 0, 0, time.UTC))
	nine := 9
	return druid.DataSegment{
		DataSource: dataSource, Interval: druid.Interval{Start: start, End: start + 86_400_000}, Version: "v1",
		LoadSpec:   json.RawMessage(`{"type":"local","path":"/x/index.zip"}`),
		Dimensions: []string{"page"}, Metrics: []string{"count"}, ShardSpec: druid.NumberedShardSpec(0, 0), BinaryVersion: &nine, Size: 100,
	}
}

func days(dataSource string, n int) []druid.DataSegment {
	var all []druid.DataSegment
	for i := range n {
		all = append(all, day(dataSource, i+1))
	}
	return all
}

func (w *world) publish(segments ...druid.DataSegment) {
	w.t.Helper()
	for _, s := range segments {
		if _, err := w.store.Insert(w.t.Context(), []druid.DataSegment{s}); err != nil {
			w.t.Fatal(err)
		}
	}
}

// rules sets how many replicas the default tier gets.
func (w *world) rules(replicas int) {
	w.t.Helper()
	list := []druid.Rule{{Type: "loadForever", TieredReplicants: map[string]int{druid.DefaultTier: replicas}}}
	if err := w.store.SetRules(w.t.Context(), metadata.DefaultRules, list, metadata.AuditInfo{}); err != nil {
		w.t.Fatal(err)
	}
}

// still keeps the balancer from moving anything.
func (w *world) still() {
	w.t.Helper()
	config := druid.DefaultDynamicConfig()
	config.MaxSegmentsToMove = 0
	payload, err := druid.Marshal(config)
	if err == nil {
		err = w.store.SetConfig(w.t.Context(), configKey, payload, metadata.AuditInfo{})
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// until waits for a state, at most an hour of the bubble's time.
func (w *world) until(what string, cond func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(time.Hour); !cond(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			dump, _ := w.srv.Dump(w.t.Context()) // only for the message
			w.t.Fatalf("never: %s\n%s", what, dump)
		}
	}
}

// leads waits until a coordinator leads.
func (w *world) leads(in *incarnation) {
	w.t.Helper()
	w.until(in.addr+" leads", func() bool {
		code, _ := w.get(in.addr, "/druid/coordinator/v1/isLeader")
		return code == http.StatusOK
	})
}

func (w *world) get(addr, path string) (int, string) {
	w.t.Helper()
	return w.call(http.MethodGet, addr, path, "")
}

func (w *world) call(method, addr, path, body string) (int, string) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, "http://"+addr+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("X-Druid-Author", "someone")
	resp, err := w.client.Do(req)
	if err != nil {
		w.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	if location := resp.Header.Get("Location"); location != "" {
		return resp.StatusCode, location
	}
	return resp.StatusCode, string(text)
}

// historical is what a coordinator sees of one: plain ZooKeeper calls.
type historical struct {
	w    *world
	name string
	zc   zkconn.Conn
	end  func() // closes the session; may be called twice

	mu     sync.Mutex // guards the fields below
	asleep bool       // takes no requests
	shy    bool       // loads without announcing
	served map[string]druid.DataSegment
	log    []string // requests taken
	most   int      // requests that lay in the queue at a time
}

func (w *world) historical(port int, change ...func(*druid.ServerMetadata)) *historical {
	w.t.Helper()
	name := fmt.Sprintf("127.0.0.1:%d", port)
	h := &historical{w: w, name: name, zc: w.open(w.t.Context()), served: map[string]druid.DataSegment{}}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	h.end = sync.OnceFunc(func() { cancel(); <-done; h.zc.Close() })
	w.t.Cleanup(h.end)
	meta := druid.ServerMetadata{Name: name, Host: name, MaxSize: 10_000, Type: druid.TypeHistorical, Tier: druid.DefaultTier}
	for _, f := range change {
		f(&meta)
	}
	h.create(w.paths.LoadQueueOf(name), nil, zkconn.Persistent)
	h.create(w.paths.SegmentsOf(name), nil, zkconn.Persistent)
	h.create(w.paths.Segment(name, name+"_batch"), []byte("[]"), zkconn.Ephemeral)
	announcement, err := druid.Marshal(meta)
	if err != nil {
		w.t.Fatal(err)
	}
	h.create(w.paths.Announcement(name), announcement, zkconn.Ephemeral)
	go func() {
		defer close(done)
		h.follow(ctx)
	}()
	return h
}

func (h *historical) create(path string, data []byte, mode zkconn.Mode) {
	h.w.t.Helper()
	if _, err := h.zc.CreateParents(h.w.t.Context(), path, data, mode); err != nil {
		h.w.t.Fatal(err)
	}
}

// follow takes requests until ctx ends.
func (h *historical) follow(ctx context.Context) {
	for ctx.Err() == nil {
		names, changed, err := h.zc.ChildrenW(ctx, h.w.paths.LoadQueueOf(h.name))
		if err != nil {
			return
		}
		h.mu.Lock()
		asleep := h.asleep
		h.most = max(h.most, len(names))
		h.mu.Unlock()
		if !asleep {
			time.Sleep(time.Millisecond) // so that the request is watched before it is taken
			for _, name := range names {
				h.take(ctx, h.w.paths.LoadRequest(h.name, name))
			}
		}
		select {
		case <-changed:
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

func (h *historical) take(ctx context.Context, path string) {
	data, _, err := h.zc.Get(ctx, path)
	if err != nil {
		return
	}
	var r druid.ChangeRequest
	if err := json.Unmarshal(data, &r); err != nil {
		h.w.t.Errorf("request %s: %v", data, err)
		return
	}
	h.mu.Lock()
	h.log = append(h.log, r.Action+" "+zkpath.Name(path))
	announce := !h.shy
	switch r.Action {
	case druid.ActionLoad:
		h.served[zkpath.Name(path)] = r.Segment
	case druid.ActionDrop:
		delete(h.served, zkpath.Name(path))
	}
	h.mu.Unlock()
	if announce {
		h.announce(ctx)
	}
	_ = h.zc.Delete(ctx, path, -1) // somebody else may have been faster
}

func (h *historical) announce(ctx context.Context) {
	h.mu.Lock()
	segments := []druid.DataSegment{}
	for _, s := range h.served {
		segments = append(segments, s)
	}
	h.mu.Unlock()
	data, err := druid.Marshal(segments)
	if err == nil {
		_, err = h.zc.Set(ctx, h.w.paths.Segment(h.name, h.name+"_batch"), data, -1)
	}
	if err != nil && ctx.Err() == nil {
		h.w.t.Error(err)
	}
}

// serve announces segments that the historical has had all along.
func (h *historical) serve(segments ...druid.DataSegment) {
	h.mu.Lock()
	for _, s := range segments {
		h.served[s.ID().String()] = s
	}
	h.mu.Unlock()
	h.announce(h.w.t.Context())
}

func (h *historical) set(f func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f()
}

func (h *historical) taken() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.log)
}

// loads are the requests taken that were not noops.
func (h *historical) loads() []string {
	return slices.DeleteFunc(h.taken(), func(entry string) bool { return strings.HasPrefix(entry, "noop") })
}

func (h *historical) has() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	ids := []string{}
	for id := range h.served {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// lockedBuffer is a log that may be read while it is written.
type lockedBuffer struct {
	mu  sync.Mutex // guards buf
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func authorOf(name string) metadata.AuditInfo {
	return metadata.AuditInfo{Author: name, IP: "127.0.0.1"}
}
