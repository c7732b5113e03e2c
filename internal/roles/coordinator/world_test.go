package coordinator

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/metadata"
	"oakmoot/internal/run/node"
	"oakmoot/internal/worldtest"
	"oakmoot/internal/zk/zkconn"
	"oakmoot/internal/zk/zkpath"
)

// world is a ZooKeeper and a metadata store in memory, and whatever lives there.
type world struct {
	*worldtest.World
	store *metadata.Store
}

// inWorld runs f in a bubble.
func inWorld(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	dir := t.TempDir()
	worldtest.Bubble(t, func(t *testing.T, w *worldtest.World) {
		store, err := metadata.Open(t.Context(), filepath.Join(dir, "metadata.db"))
		w.Must(err)
		t.Cleanup(func() { _ = store.Close() })
		f(t, &world{w, store})
	})
}

// incarnation is a running coordinator.
type incarnation struct {
	addr string
	zc   zkconn.Conn
	log  *worldtest.Log
	stop func()
}

// quick are the properties of a coordinator that does not wait for minutes.
var quick = node.Properties{
	"druid.coordinator.startDelay": "PT0S", "druid.coordinator.period": "PT1S",
	"druid.manager.segments.pollDuration": "PT1S", "druid.manager.rules.pollDuration": "PT1S",
	"druid.manager.config.pollDuration": "PT1S",
}

// start runs a coordinator on a port until the test ends or stop is called.
func (w *world) start(port int, change ...func(*Config)) *incarnation {
	w.T.Helper()
	in := &incarnation{addr: fmt.Sprintf("127.0.0.1:%d", port), log: w.NewLog()}
	cfg := Config{Env: w.Env("druid/coordinator", port), Store: w.store}
	cfg.Props, cfg.Log = quick, in.log.Logger(in.addr)
	open := cfg.Open
	cfg.Open = func(ctx context.Context) (_ zkconn.Conn, err error) { in.zc, err = open(ctx); return in.zc, err }
	for _, f := range change {
		f(&cfg)
	}
	in.stop = w.Start("the coordinator", func(ctx context.Context, ready func()) error {
		cfg.Ready = ready
		return Run(ctx, cfg)
	})
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
	w.T.Helper()
	for _, s := range segments {
		if _, err := w.store.Insert(w.T.Context(), []druid.DataSegment{s}); err != nil {
			w.T.Fatal(err)
		}
	}
}

// rules sets how many replicas the default tier gets.
func (w *world) rules(replicas int) {
	w.T.Helper()
	list := []druid.Rule{{Type: "loadForever", TieredReplicants: map[string]int{druid.DefaultTier: replicas}}}
	if err := w.store.SetRules(w.T.Context(), metadata.DefaultRules, list, metadata.AuditInfo{}); err != nil {
		w.T.Fatal(err)
	}
}

// still keeps the balancer from moving anything.
func (w *world) still() {
	w.T.Helper()
	config := druid.DefaultDynamicConfig()
	config.MaxSegmentsToMove = 0
	payload, err := druid.Marshal(config)
	if err == nil {
		err = w.store.SetConfig(w.T.Context(), configKey, payload, metadata.AuditInfo{})
	}
	if err != nil {
		w.T.Fatal(err)
	}
}

// leads waits until a coordinator leads.
func (w *world) leads(in *incarnation) {
	w.T.Helper()
	w.Until(in.addr+" leads", func() bool {
		code, _ := w.Get(in.addr + "/druid/coordinator/v1/isLeader")
		return code == http.StatusOK
	})
}

// historical is what a coordinator sees of a historical: plain ZooKeeper calls.
type historical struct {
	w    *world
	name string
	zc   zkconn.Conn
	end  func() // closes the session; may be called twice

	mu     sync.Mutex    // guards the fields below
	asleep bool          // takes no requests
	shy    bool          // loads without announcing
	delay  time.Duration // between reading a request and carrying it out
	served map[string]druid.DataSegment
	log    []string // requests taken
	most   int      // most requests that were in the queue at the same time
}

func (w *world) historical(port int, change ...func(*druid.ServerMetadata)) *historical {
	w.T.Helper()
	name := fmt.Sprintf("127.0.0.1:%d", port)
	h := &historical{w: w, name: name, zc: w.Open(w.Net.DialContext), served: map[string]druid.DataSegment{}}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	h.end = sync.OnceFunc(func() { cancel(); <-done; h.zc.Close() })
	w.T.Cleanup(h.end)
	meta := druid.ServerMetadata{Name: name, Host: name, MaxSize: 10_000, Type: druid.TypeHistorical, Tier: druid.DefaultTier}
	for _, f := range change {
		f(&meta)
	}
	h.create(w.Paths.LoadQueueOf(name), nil, zkconn.Persistent)
	h.create(w.Paths.SegmentsOf(name), nil, zkconn.Persistent)
	h.create(w.Paths.Segment(name, name+"_batch"), []byte("[]"), zkconn.Ephemeral)
	announcement, err := druid.Marshal(meta)
	if err != nil {
		w.T.Fatal(err)
	}
	h.create(w.Paths.Announcement(name), announcement, zkconn.Ephemeral)
	go func() {
		defer close(done)
		h.follow(ctx)
	}()
	return h
}

func (h *historical) create(path string, data []byte, mode zkconn.Mode) {
	h.w.T.Helper()
	if _, err := h.zc.CreateParents(h.w.T.Context(), path, data, mode); err != nil {
		h.w.T.Fatal(err)
	}
}

// follow takes requests until ctx ends.
func (h *historical) follow(ctx context.Context) {
	for ctx.Err() == nil {
		names, changed, err := h.zc.ChildrenW(ctx, h.w.Paths.LoadQueueOf(h.name))
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
				h.take(ctx, h.w.Paths.LoadRequest(h.name, name))
			}
		}
		select {
		case <-changed.C:
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
		h.w.T.Errorf("request %s: %v", data, err)
		return
	}
	h.mu.Lock()
	delay := h.delay
	h.mu.Unlock()
	time.Sleep(delay)
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
		_, err = h.zc.Set(ctx, h.w.Paths.Segment(h.name, h.name+"_batch"), data, -1)
	}
	if err != nil && ctx.Err() == nil {
		h.w.T.Error(err)
	}
}

// serve announces segments that the historical has had all along.
func (h *historical) serve(segments ...druid.DataSegment) {
	h.mu.Lock()
	for _, s := range segments {
		h.served[s.ID().String()] = s
	}
	h.mu.Unlock()
	h.announce(h.w.T.Context())
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

// loads are the requests taken, without the noops.
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

func authorOf(name string) metadata.AuditInfo {
	return metadata.AuditInfo{Author: name, IP: "127.0.0.1"}
}
