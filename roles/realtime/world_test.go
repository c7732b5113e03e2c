package realtime

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
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/announce"
	"oakmoot/internal/deepstore"
	"oakmoot/internal/discovery"
	"oakmoot/internal/druid"
	"oakmoot/internal/memnet"
	"oakmoot/internal/metadata"
	"oakmoot/internal/node"
	"oakmoot/internal/zkconn"
	"oakmoot/internal/zkpath"
	"oakmoot/zkembed"
)

const host = "127.0.0.1:8084"

// world is a ZooKeeper and a metadata store in memory, a coordinator that answers
// what it is told to, and a place for one realtime node to come back to.
type world struct {
	t      *testing.T
	net    *memnet.Network
	srv    *zkembed.Server
	zc     zkconn.Conn // the coordinator's
	paths  zkpath.Paths
	store  *metadata.Store
	deep   *deepstore.Local
	dir    string
	client *http.Client
	log    *lockedBuffer

	takenOver atomic.Bool  // the coordinator's answer to handoffComplete
	asked     atomic.Int64 // how often it was asked

	mu      sync.Mutex // guards the field below
	commits []string
}

// inWorld runs f in a bubble.
func inWorld(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(t, newWorld(t)) })
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, net: memnet.New(), dir: t.TempDir(), log: &lockedBuffer{}}
	w.srv = zkembed.RunT(t, zkembed.Options{Network: w.net, Tick: 500 * time.Millisecond})
	w.deep = deepstore.New(filepath.Join(w.dir, "deep"))
	var err error
	if w.paths, err = zkpath.New(nil); err != nil {
		t.Fatal(err)
	}
	if w.store, err = metadata.Open(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.store.Close() })
	w.client = &http.Client{Transport: &http.Transport{DialContext: w.net.DialContext, DisableKeepAlives: true}}
	w.zc = w.open(t.Context())
	t.Cleanup(w.zc.Close)
	w.inBackground(w.watch)
	w.coordinator()
	return w
}

// inBackground runs f until the test ends.
func (w *world) inBackground(f func(context.Context)) {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(ctx)
	}()
	w.t.Cleanup(func() { stop(); <-done })
}

func (w *world) watch(ctx context.Context) {
	for c, err := range w.srv.Commits(ctx, 0) {
		if err != nil {
			return
		}
		if c.Path == "" {
			continue
		}
		w.mu.Lock()
		w.commits = append(w.commits, string(c.Kind)+" "+c.Path)
		w.mu.Unlock()
	}
}

// coordinator answers handoffComplete, and is found as the leader is.
func (w *world) coordinator() {
	self := druid.Node{Service: "druid/coordinator", Host: "127.0.0.1", PlaintextPort: 8081, TLSPort: -1, EnablePlaintextPort: true}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /druid/coordinator/v1/datasources/edits/handoffComplete", func(rw http.ResponseWriter, _ *http.Request) {
		w.asked.Add(1)
		fmt.Fprint(rw, w.takenOver.Load())
	})
	ln, err := w.net.Listen("127.0.0.1:8081")
	if err != nil {
		w.t.Fatal(err)
	}
	env := node.Env{Log: hclog.NewNullLogger()}
	w.inBackground(func(ctx context.Context) { _ = node.ServeOn(ctx, ln, env, mux) })
	if _, err := discovery.AnnounceService(w.t.Context(), w.zc, w.paths, self, self.Service); err != nil {
		w.t.Fatal(err)
	}
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

// start runs a node with a spec until stop is called, which waits for its end.
func (w *world) start(spec string) (stop func()) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ready := make(chan struct{})
	failed := make(chan error, 1)
	cfg := Config{
		Store: w.store, DeepStorage: w.deep, Announce: announce.Batch, Spec: []byte(spec),
		Server: druid.ServerMetadata{Name: host, Host: host, Type: druid.TypeRealtime, Tier: druid.DefaultTier},
	}
	cfg.Self = druid.Node{Service: "druid/realtime", Host: "127.0.0.1", PlaintextPort: 8084, TLSPort: -1, EnablePlaintextPort: true}
	cfg.Paths, cfg.Dir, cfg.Client = w.paths, filepath.Join(w.dir, "node"), w.client
	cfg.Props = node.Properties{"druid.segment.handoff.pollDuration": "PT2S"}
	cfg.Log = hclog.New(&hclog.LoggerOptions{Name: "realtime-1", Output: w.log, Level: hclog.Debug})
	cfg.Open = func(ctx context.Context) (zkconn.Conn, error) { return w.open(ctx), nil }
	cfg.Listen = func(context.Context) (net.Listener, error) { return w.net.Listen(host) }
	cfg.Ready = func() { close(ready) }
	go func() { failed <- Run(ctx, cfg) }()
	select {
	case <-ready:
	case err := <-failed:
		w.t.Fatalf("the realtime node did not start: %v\n%s", err, w.log)
	}
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-failed; err != nil {
			w.t.Errorf("the realtime node ended with %v, want nil", err)
		}
	})
	w.t.Cleanup(stop)
	return stop
}

// spec is a spec with one department: minutes, with a window of ten seconds.
func spec(firehose, tuning string) string {
	return `[{"dataSchema":{"dataSource":"edits","parser":{"type":"map","parseSpec":{"format":"json",
		"timestampSpec":{"column":"time","format":"auto"},"dimensionsSpec":{"dimensions":["page"]}}},
		"metricsSpec":[{"type":"count","name":"count"},{"type":"longSum","name":"added","fieldName":"added"}],
		"granularitySpec":{"type":"uniform","segmentGranularity":"MINUTE","queryGranularity":"NONE","rollup":false}},
		"ioConfig":{"type":"realtime","firehose":` + firehose + `,"plumber":{"type":"realtime"}},
		"tuningConfig":{"type":"realtime","intermediatePersistPeriod":"PT10S","windowPeriod":"PT10S","shardSpec":{"type":"linear","partitionNum":0}` + tuning + `}}]`
}

const receiverJSON = `{"type":"receiver","serviceName":"edits","bufferSize":100}`

// push sends rows of the given times, one each.
func (w *world) push(times ...time.Time) {
	w.t.Helper()
	var events []map[string]any
	for _, at := range times {
		events = append(events, map[string]any{"time": at.UTC().Format(time.RFC3339Nano), "page": "a", "added": 5})
	}
	body, err := json.Marshal(events)
	if err != nil {
		w.t.Fatal(err)
	}
	code, answer := w.http("POST", "/druid/worker/v1/chat/edits/push-events", string(body))
	if want := fmt.Sprintf(`{"eventCount":%d}`, len(times)); code != http.StatusOK || answer != want {
		w.t.Fatalf("push-events: got %d %s, want 200 %s", code, answer, want)
	}
}

// announced are the segments in the node's batch nodes, as JSON, sorted.
func (w *world) announced() []string {
	w.t.Helper()
	found := []string{}
	children, err := w.zc.Children(w.t.Context(), w.paths.SegmentsOf(host))
	if err != nil {
		return found
	}
	for _, name := range children {
		data, _, err := w.zc.Get(w.t.Context(), w.paths.Segment(host, name))
		if err != nil {
			continue // gone since it was listed
		}
		var segments []json.RawMessage
		if err := json.Unmarshal(druid.Gunzip(data), &segments); err != nil {
			w.t.Fatalf("%s: %v", name, err)
		}
		for _, s := range segments {
			found = append(found, string(s))
		}
	}
	slices.Sort(found)
	return found
}

// rows asks the node how many rows it serves.
func (w *world) rows() int {
	w.t.Helper()
	code, body := w.http("POST", "/druid/v2", `{"queryType":"timeseries","dataSource":"edits","granularity":"all","intervals":["1970/2100"],
		"aggregations":[{"type":"longSum","name":"rows","fieldName":"count"}]}`)
	var answer []struct{ Result struct{ Rows int } }
	if err := json.Unmarshal([]byte(body), &answer); err != nil || code != http.StatusOK || len(answer) > 1 {
		w.t.Fatalf("query: got %d %s, want one result", code, body)
	}
	if len(answer) == 0 {
		return 0
	}
	return answer[0].Result.Rows
}

// published are the used segments of the store.
func (w *world) published() []druid.DataSegment {
	w.t.Helper()
	used, err := w.store.Used(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return used
}

// until waits for a state, at most an hour of the bubble's time.
func (w *world) until(what string, cond func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(time.Hour); !cond(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("never: %s\n%s\n%s", what, strings.Join(w.history(), "\n"), w.log)
		}
	}
}

// history is all commits so far; names of batch nodes and of service instances
// are cut.
func (w *world) history() []string {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	lines := []string{}
	for _, line := range w.commits {
		for _, dir := range []string{w.paths.SegmentsOf(host) + "/", w.paths.Service("edits") + "/"} {
			if i := strings.Index(line, dir); i >= 0 {
				line = line[:i+len(dir)] + "NAME"
			}
		}
		lines = append(lines, line)
	}
	return lines
}

// http asks the node; the answer is its code and body.
func (w *world) http(method, path, body string) (int, string) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, "http://"+host+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	resp, err := w.client.Do(req)
	if err != nil {
		w.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatalf("%s %s: %v", method, path, err)
	}
	return resp.StatusCode, string(answer)
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
