package broker

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/announce"
	"oakmoot/internal/dataserver"
	"oakmoot/internal/druid"
	"oakmoot/internal/ingest"
	"oakmoot/internal/inventory"
	"oakmoot/internal/memnet"
	"oakmoot/internal/node"
	"oakmoot/internal/query"
	"oakmoot/internal/zkconn"
	"oakmoot/internal/zkpath"
	"oakmoot/zkembed"
)

const host = "127.0.0.1:8082"

// world is a ZooKeeper in memory, data servers in it, and one broker.
type world struct {
	t      *testing.T
	net    *memnet.Network
	srv    *zkembed.Server
	paths  zkpath.Paths
	client *http.Client
	schema *ingest.Schema
}

// inWorld runs f in a bubble.
func inWorld(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(t, newWorld(t)) })
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, net: memnet.New()}
	w.srv = zkembed.RunT(t, zkembed.Options{Network: w.net, Tick: 500 * time.Millisecond})
	var err error
	if w.paths, err = zkpath.New(nil); err != nil {
		t.Fatal(err)
	}
	if w.schema, err = ingest.ParseSchema([]byte(`{"dataSource":"wiki","parser":{"parseSpec":{"format":"json","timestampSpec":{"column":"t"},
		"dimensionsSpec":{"dimensions":["page"]}}},"metricsSpec":[{"type":"count","name":"count"}],"granularitySpec":{"rollup":false}}`)); err != nil {
		t.Fatal(err)
	}
	w.client = &http.Client{Transport: &http.Transport{DialContext: w.net.DialContext, DisableKeepAlives: true}}
	return w
}

func (w *world) open(ctx context.Context) (zkconn.Conn, error) {
	return zkconn.Open(ctx, zkconn.Options{
		Servers: []string{w.srv.Addr()}, SessionTimeout: 6 * time.Second, Dial: w.net.DialContext, Log: hclog.NewNullLogger(),
	})
}

// background runs f until stop is called, or the test ends.
func (w *world) background(f func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := f(ctx); err != nil {
			w.t.Errorf("got error %v, want nil", err)
		}
	}()
	stop = sync.OnceFunc(func() { cancel(); <-done })
	w.t.Cleanup(stop)
	return stop
}

// start runs the broker.
func (w *world) start(form inventory.Form) (stop func()) {
	w.t.Helper()
	ready := make(chan struct{})
	cfg := Config{ServerView: form}
	cfg.Self = druid.Node{Service: "druid/broker", Host: "127.0.0.1", PlaintextPort: 8082, TLSPort: -1, EnablePlaintextPort: true}
	cfg.Paths, cfg.Props, cfg.Client, cfg.Log = w.paths, node.Properties{}, w.client, hclog.NewNullLogger()
	cfg.Open = w.open
	cfg.Listen = func(context.Context) (net.Listener, error) { return w.net.Listen(host) }
	cfg.Ready = func() { close(ready) }
	stop = w.background(func(ctx context.Context) error { return Run(ctx, cfg) })
	<-ready
	return stop
}

// server is a data server of the world.
type server struct {
	w        *world
	self     druid.ServerMetadata
	served   dataserver.Segments
	segments *announce.Segments
	hangUp   func() // ends its HTTP; the announcements stay
	zc       zkconn.Conn
	leave    func() // ends its announcements
}

// server starts a data server that announces in both forms.
func (w *world) server(port int, kind string, priority int) *server {
	w.t.Helper()
	name := fmt.Sprintf("127.0.0.1:%d", port)
	s := &server{w: w, self: druid.ServerMetadata{Name: name, Host: name, MaxSize: 1 << 30, Type: kind, Tier: druid.DefaultTier, Priority: priority}}
	ln, err := w.net.Listen(name)
	if err != nil {
		w.t.Fatal(err)
	}
	mux := http.NewServeMux()
	dataserver.NewResource(s.served.Answer, hclog.NewNullLogger()).Register(mux)
	env := node.Env{Log: hclog.NewNullLogger()}
	s.hangUp = w.background(func(ctx context.Context) error { return node.ServeOn(ctx, ln, env, mux) })
	if s.zc, err = w.open(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(s.zc.Close)
	a := announce.NewAnnouncer(s.zc, hclog.NewNullLogger())
	s.leave = w.background(a.Run)
	s.segments = announce.NewSegments(a, s.self, w.paths, announce.SegmentsConfig{Form: announce.Both})
	if err := dataserver.AnnounceServer(w.t.Context(), a, w.paths, s.self); err != nil {
		w.t.Fatal(err)
	}
	return s
}

// table is rows in memory.
type table struct{ index *ingest.Incremental }

func (r table) Tables() ([]query.Queryable, error) {
	s, err := r.index.Snapshot()
	return []query.Queryable{s}, err
}

// segment describes a segment of the given day of 2019.
func segment(dataSource string, day int, version string, partition int) druid.DataSegment {
	start := druid.At(time.Date(2019, 1, day, 0, 0, 0, 0, time.UTC))
	return druid.DataSegment{
		DataSource: dataSource, Interval: druid.Interval{Start: start, End: start + 86_400_000}, Version: version, LoadSpec: []byte("{}"),
		Dimensions: []string{"page"}, Metrics: []string{"count"}, ShardSpec: druid.LinearShardSpec(partition), Size: 100,
	}
}

// hold serves so many rows of a segment without announcing it.
func (s *server) hold(seg druid.DataSegment, rows int) {
	s.w.t.Helper()
	index := ingest.NewIncremental(s.w.schema, seg.Interval)
	for i := range rows {
		row := ingest.Row{Time: seg.Interval.Start + druid.Timestamp(i), Dimensions: []string{"page"}, Event: map[string]any{"page": "a"}}
		if err := index.Add(row); err != nil {
			s.w.t.Fatal(err)
		}
	}
	s.served.Add(seg, table{index})
}

func (s *server) announce(seg druid.DataSegment) {
	s.w.t.Helper()
	if err := s.segments.Announce(s.w.t.Context(), seg); err != nil {
		s.w.t.Fatal(err)
	}
}

func (s *server) serve(seg druid.DataSegment, rows int) {
	s.w.t.Helper()
	s.hold(seg, rows)
	s.announce(seg)
}

func (s *server) unannounce(seg druid.DataSegment) {
	s.w.t.Helper()
	if err := s.segments.Unannounce(s.w.t.Context(), seg); err != nil {
		s.w.t.Fatal(err)
	}
}

// http asks the broker; the answer is its code and body.
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

// ask sends a query for the number of rows of a datasource.
func (w *world) ask(dataSource string) (code int, body string) {
	w.t.Helper()
	return w.http("POST", "/druid/v2", fmt.Sprintf(`{"queryType":"timeseries","dataSource":%s,"granularity":"all","intervals":["2019/2020"],
		"aggregations":[{"type":"longSum","name":"rows","fieldName":"count"}]}`, dataSource))
}

// rows is the answer to ask, which has to be one.
func (w *world) rows(dataSource string) int {
	w.t.Helper()
	code, body := w.ask(dataSource)
	var answer []struct{ Result struct{ Rows int } }
	if err := json.Unmarshal([]byte(body), &answer); err != nil || code != http.StatusOK || len(answer) > 1 {
		w.t.Fatalf("query: got %d %s, want one result", code, body)
	}
	if len(answer) == 0 {
		return 0
	}
	return answer[0].Result.Rows
}

// until waits for a state, at most an hour of the bubble's time.
func (w *world) until(what string, cond func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(time.Hour); !cond(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("never: %s", what)
		}
	}
}

// steady asks again and again for a while and wants the same number of rows
// every time.
func (w *world) steady(rows int, during time.Duration) {
	w.t.Helper()
	for end := time.Now().Add(during); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if got := w.rows(`"wiki"`); got != rows {
			w.t.Fatalf("rows at %s: got %d, want %d", time.Now().Format("05.000"), got, rows)
		}
	}
}
