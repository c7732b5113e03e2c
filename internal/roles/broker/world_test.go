package broker

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/dataserver"
	"oakmoot/internal/rows/ingest"
	"oakmoot/internal/rows/query"
	"oakmoot/internal/run/node"
	"oakmoot/internal/worldtest"
	"oakmoot/internal/zk/announce"
	"oakmoot/internal/zk/inventory"
)

const host = "127.0.0.1:8082"

// world is a ZooKeeper in memory, data servers in it, and one broker.
type world struct {
	*worldtest.World
	schema *ingest.Schema
}

// inWorld runs f in a bubble.
func inWorld(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	schema, err := ingest.ParseSchema([]byte(`{"dataSource":"wiki","parser":{"parseSpec":{"format":"json","timestampSpec":{"column":"t"},
		"dimensionsSpec":{"dimensions":["page"]}}},"metricsSpec":[{"type":"count","name":"count"}],"granularitySpec":{"rollup":false}}`))
	if err != nil {
		t.Fatal(err)
	}
	worldtest.Bubble(t, func(t *testing.T, w *worldtest.World) { f(t, &world{w, schema}) })
}

// start runs the broker.
func (w *world) start(form inventory.Form) (stop func()) {
	w.T.Helper()
	cfg := Config{Env: w.Env("druid/broker", 8082), ServerView: form}
	cfg.Props, cfg.Log = node.Properties{}, hclog.NewNullLogger()
	return w.Start("the broker", func(ctx context.Context, ready func()) error {
		cfg.Ready = ready
		return Run(ctx, cfg)
	})
}

// server is a data server of the world.
type server struct {
	*worldtest.Process

	w        *world
	self     druid.ServerMetadata
	served   dataserver.Segments
	segments *announce.Segments
	hangUp   func() // ends its HTTP; the announcements stay
}

// server starts a data server that announces in both forms.
func (w *world) server(port int, kind string, priority int) *server {
	w.T.Helper()
	name := fmt.Sprintf("127.0.0.1:%d", port)
	s := &server{
		Process: w.Process(), w: w,
		self: druid.ServerMetadata{Name: name, Host: name, MaxSize: 1 << 30, Type: kind, Tier: druid.DefaultTier, Priority: priority},
	}
	mux := http.NewServeMux()
	dataserver.NewResource(s.served.Answer, nil, hclog.NewNullLogger()).Register(mux)
	s.hangUp = w.Serve(name, mux)
	s.segments = announce.NewSegments(s.Announcer, s.self, w.Paths, announce.SegmentsConfig{Form: announce.Both})
	w.Must(dataserver.AnnounceServer(w.T.Context(), s.Announcer, w.Paths, s.self))
	return s
}

// table is rows in memory.
type table struct{ index *ingest.Incremental }

func (r table) Tables() ([]query.Queryable, error) {
	s, err := r.index.Snapshot()
	return []query.Queryable{s}, err
}

// segment describes a segment of the given day of January 2019.
func segment(dataSource string, day int, version string, partition int) druid.DataSegment {
	return druid.DataSegment{
		DataSource: dataSource, Interval: worldtest.Day(day), Version: version, LoadSpec: []byte("{}"),
		Dimensions: []string{"page"}, Metrics: []string{"count"}, ShardSpec: druid.LinearShardSpec(partition), Size: 100,
	}
}

// hold serves a segment with the given number of rows, without announcing it.
func (s *server) hold(seg druid.DataSegment, rows int) {
	s.w.T.Helper()
	index := ingest.NewIncremental(s.w.schema, seg.Interval)
	for i := range rows {
		row := ingest.Row{Time: seg.Interval.Start + druid.Timestamp(i), Dimensions: []string{"page"}, Event: map[string]any{"page": "a"}}
		s.w.Must(index.Add(row))
	}
	s.served.Add(seg, table{index})
}

func (s *server) announce(seg druid.DataSegment) {
	s.w.T.Helper()
	s.w.Must(s.segments.Announce(s.w.T.Context(), seg))
}

func (s *server) serve(seg druid.DataSegment, rows int) {
	s.w.T.Helper()
	s.hold(seg, rows)
	s.announce(seg)
}

func (s *server) unannounce(seg druid.DataSegment) {
	s.w.T.Helper()
	s.w.Must(s.segments.Unannounce(s.w.T.Context(), seg))
}

// ask sends a query for the number of rows of a datasource.
func (w *world) ask(dataSource string) (code int, body string) {
	w.T.Helper()
	return w.Call(http.MethodPost, host+"/druid/v2", worldtest.RowsQuery(dataSource, "2019/2020"))
}

// rows is the answer to ask, which must be a single one.
func (w *world) rows(dataSource string) int {
	w.T.Helper()
	return w.Rows(host, dataSource, "2019/2020")
}

// steady asks again and again for a while and expects the same number of rows every time.
func (w *world) steady(rows int, during time.Duration) {
	w.T.Helper()
	for end := time.Now().Add(during); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if got := w.rows(`"wiki"`); got != rows {
			w.T.Fatalf("rows at %s: got %d, want %d", time.Now().Format("05.000"), got, rows)
		}
	}
}
