package historical

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/announce"
	"oakmoot/internal/deepstore"
	"oakmoot/internal/druid"
	"oakmoot/internal/ingest"
	"oakmoot/internal/memnet"
	"oakmoot/internal/node"
	"oakmoot/internal/segment"
	"oakmoot/internal/zkconn"
	"oakmoot/internal/zkpath"
	"oakmoot/zkembed"
)

const host = "127.0.0.1:8083"

// world is a ZooKeeper in memory, what a coordinator does to it, and a place for
// one historical to live and to come back to.
type world struct {
	t      *testing.T
	net    *memnet.Network
	srv    *zkembed.Server
	zc     zkconn.Conn // the coordinator's
	paths  zkpath.Paths
	dir    string
	deep   *deepstore.Local
	props  node.Properties
	size   int64
	client *http.Client
	log    *lockedBuffer
	conn   zkconn.Conn // the historical's, of the last incarnation

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
	w := &world{t: t, net: memnet.New(), dir: t.TempDir(), props: node.Properties{}, size: 1 << 20, log: &lockedBuffer{}}
	w.srv = zkembed.RunT(t, zkembed.Options{Network: w.net, Tick: 500 * time.Millisecond})
	w.deep = deepstore.New(filepath.Join(w.dir, "deep"))
	var err error
	if w.paths, err = zkpath.New(nil); err != nil {
		t.Fatal(err)
	}
	w.client = &http.Client{Transport: &http.Transport{DialContext: w.net.DialContext, DisableKeepAlives: true}}
	w.zc = w.open(t.Context())
	t.Cleanup(w.zc.Close)
	watching, stop := context.WithCancel(context.Background())
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		w.watch(watching)
	}()
	t.Cleanup(func() { stop(); <-watched })
	return w
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

// start runs the historical until stop is called, which waits for its end.
func (w *world) start() (stop func()) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ready := make(chan struct{})
	failed := make(chan error, 1)
	cfg := Config{
		DeepStorage: w.deep, Announce: announce.Batch,
		Server: druid.ServerMetadata{Name: host, Host: host, MaxSize: w.size, Type: druid.TypeHistorical, Tier: druid.DefaultTier},
	}
	cfg.Self = druid.Node{Service: "druid/historical", Host: "127.0.0.1", PlaintextPort: 8083, TLSPort: -1, EnablePlaintextPort: true}
	cfg.Paths, cfg.Props, cfg.Dir, cfg.Client = w.paths, w.props, filepath.Join(w.dir, "node"), w.client
	cfg.Log = hclog.New(&hclog.LoggerOptions{Name: "historical-1", Output: w.log, Level: hclog.Debug})
	cfg.Open = func(ctx context.Context) (zkconn.Conn, error) { w.conn = w.open(ctx); return w.conn, nil }
	cfg.Listen = func(context.Context) (net.Listener, error) { return w.net.Listen(host) }
	cfg.Ready = func() { close(ready) }
	go func() { failed <- Run(ctx, cfg) }()
	select {
	case <-ready:
	case err := <-failed:
		w.t.Fatalf("the historical did not start: %v\n%s", err, w.log)
	}
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-failed; err != nil {
			w.t.Errorf("the historical ended with %v, want nil", err)
		}
	})
	w.t.Cleanup(stop)
	return stop
}

const schemaJSON = `{"dataSource":"wiki","parser":{"type":"string","parseSpec":{"format":"json",
	"timestampSpec":{"column":"time","format":"iso"},"dimensionsSpec":{"dimensions":["page"]}}},
	"metricsSpec":[{"type":"count","name":"count"},{"type":"longSum","name":"added","fieldName":"added"}],
	"granularitySpec":{"type":"uniform","segmentGranularity":"DAY","queryGranularity":"NONE"}}`

// push puts a segment of the given day of 2019 with two rows into deep storage.
func (w *world) push(day int) druid.DataSegment {
	w.t.Helper()
	start := druid.At(time.Date(2019, 1, day, 0, 0, 0, 0, time.UTC))
	interval := druid.Interval{Start: start, End: start + 86_400_000}
	schema, err := ingest.ParseSchema([]byte(schemaJSON))
	if err != nil {
		w.t.Fatal(err)
	}
	index := ingest.NewIncremental(schema, interval)
	for hour := range 2 {
		row := ingest.Row{Time: start + druid.Timestamp(hour)*3_600_000, Dimensions: []string{"page"}, Event: map[string]any{"page": "a", "added": int64(10)}}
		if err := index.Add(row); err != nil {
			w.t.Fatal(err)
		}
	}
	files := filepath.Join(w.t.TempDir(), "index")
	if err := index.Persist(files, segment.IndexSpec{}); err != nil {
		w.t.Fatal(err)
	}
	s, err := w.deep.Push(w.t.Context(), files, druid.DataSegment{
		DataSource: "wiki", Interval: interval, Version: "v1", Dimensions: []string{"page"}, Metrics: []string{"count", "added"}, ShardSpec: druid.NoneShardSpec(),
	}, false)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// request writes a load queue entry as a coordinator does, and gives its path.
func (w *world) request(action string, s druid.DataSegment) string {
	w.t.Helper()
	data, err := druid.Marshal(druid.ChangeRequest{Action: action, Segment: s})
	if err != nil {
		w.t.Fatal(err)
	}
	return w.put(s.ID().String(), data)
}

func (w *world) put(name string, data []byte) string {
	w.t.Helper()
	path := w.paths.LoadRequest(host, name)
	if _, err := w.zc.CreateParents(w.t.Context(), path, data, zkconn.Ephemeral); err != nil {
		w.t.Fatalf("request %s: %v", name, err)
	}
	return path
}

// handled waits until an entry is gone.
func (w *world) handled(path string) {
	w.t.Helper()
	w.until(path+" is handled", func() bool { return !w.exists(path) })
}

// do requests something and waits until it is handled.
func (w *world) do(action string, s druid.DataSegment) {
	w.t.Helper()
	w.handled(w.request(action, s))
}

func (w *world) exists(path string) bool {
	w.t.Helper()
	stat, err := w.zc.Exists(w.t.Context(), path)
	if err != nil {
		w.t.Fatal(err)
	}
	return stat != nil
}

// announced are the ids of the segments in the historical's batch nodes, sorted.
func (w *world) announced() []string {
	w.t.Helper()
	ids := []string{}
	children, err := w.zc.Children(w.t.Context(), w.paths.SegmentsOf(host))
	if err != nil {
		return ids
	}
	for _, name := range children {
		data, _, err := w.zc.Get(w.t.Context(), w.paths.Segment(host, name))
		if err != nil {
			continue // gone since it was listed
		}
		var segments []druid.DataSegment
		if err := json.Unmarshal(druid.Gunzip(data), &segments); err != nil {
			w.t.Fatalf("%s: %v", name, err)
		}
		for _, s := range segments {
			ids = append(ids, s.ID().String())
		}
	}
	slices.Sort(ids)
	return ids
}

func idsOf(segments ...druid.DataSegment) []string {
	ids := []string{}
	for _, s := range segments {
		ids = append(ids, s.ID().String())
	}
	slices.Sort(ids)
	return ids
}

// until waits for a state, at most an hour of the bubble's time.
func (w *world) until(what string, cond func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(time.Hour); !cond(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("never: %s\n%s\n%s", what, strings.Join(w.history(), "\n"), w.log)
		}
	}
}

// history is all commits so far; names of batch nodes are cut to BATCH.
func (w *world) history() []string {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	lines := []string{}
	for _, line := range w.commits {
		if dir := w.paths.SegmentsOf(host) + "/"; strings.Contains(line, dir) {
			line = line[:strings.Index(line, dir)+len(dir)] + "BATCH"
		}
		lines = append(lines, line)
	}
	return lines
}

// since is what was committed after the first n commits.
func (w *world) since(n int) []string { return w.history()[n:] }

// http asks the historical; the answer is its code and body.
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

// rows asks how many rows there are in a segment.
func (w *world) rows(s druid.DataSegment) int {
	w.t.Helper()
	code, body := w.http("POST", "/druid/v2", fmt.Sprintf(`{"queryType":"timeseries","dataSource":%q,"granularity":"all","intervals":[%q],
		"aggregations":[{"type":"longSum","name":"rows","fieldName":"count"}]}`, s.DataSource, s.Interval))
	var answer []struct{ Result struct{ Rows int } }
	if err := json.Unmarshal([]byte(body), &answer); err != nil || code != http.StatusOK || len(answer) > 1 {
		w.t.Fatalf("query: got %d %s, want one result", code, body)
	}
	if len(answer) == 0 {
		return 0
	}
	return answer[0].Result.Rows
}

// files are the names below the segment cache, info files apart.
func (w *world) files() []string {
	w.t.Helper()
	found := []string{}
	root := filepath.Join(w.dir, "node", "segment-cache")
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !strings.Contains(path, "info_dir") {
			found = append(found, filepath.Base(path))
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return found
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
