package realtime

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/deepstore"
	"oakmoot/internal/run/disk"
	"oakmoot/internal/run/fault/diskfault"
	"oakmoot/internal/run/metadata"
	"oakmoot/internal/run/node"
	"oakmoot/internal/worldtest"
	"oakmoot/internal/zk/announce"
	"oakmoot/internal/zk/discovery"
)

const host = "127.0.0.1:8084"

// world is a ZooKeeper and a metadata store in memory, a coordinator that answers as it
// is told, and a place for one realtime node that may come back.
type world struct {
	*worldtest.World
	store   *metadata.Store
	gate    deepstore.Gate // before the node's pushes
	faults  *diskfault.Disk
	dir     string
	log     *worldtest.Log
	commits *worldtest.Record

	takenOver atomic.Bool  // the coordinator's answer to handoffComplete
	asked     atomic.Int64 // how often it was asked
}

// inWorld runs f in a bubble.
func inWorld(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	worldtest.Bubble(t, func(t *testing.T, w *worldtest.World) { f(t, newWorld(t, w)) })
}

func newWorld(t *testing.T, in *worldtest.World) *world {
	t.Helper()
	w := &world{World: in, dir: t.TempDir(), faults: diskfault.New(disk.OS{}, rand.New(rand.NewPCG(1, 2))), log: in.NewLog(), commits: in.Record()}
	var err error
	w.store, err = metadata.Open(t.Context(), "")
	w.Must(err)
	t.Cleanup(func() { _ = w.store.Close() })
	w.coordinator()
	return w
}

// coordinator answers handoffComplete, and is found as the leader.
func (w *world) coordinator() {
	self := worldtest.At("druid/coordinator", 8081)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /druid/coordinator/v1/datasources/edits/handoffComplete", func(rw http.ResponseWriter, _ *http.Request) {
		w.asked.Add(1)
		fmt.Fprint(rw, w.takenOver.Load())
	})
	w.Serve(self.HostAndPort(), mux)
	_, err := discovery.AnnounceService(w.T.Context(), w.Conn, w.Paths, self, self.Service, time.Now())
	w.Must(err)
}

// start runs a node with a spec until stop is called, which waits for it to end.
func (w *world) start(spec string) (stop func()) {
	w.T.Helper()
	cfg := Config{
		Store: w.store.Segments, Announce: announce.Batch, Spec: []byte(spec),
		Server: druid.ServerMetadata{Name: host, Host: host, Type: druid.TypeRealtime, Tier: druid.DefaultTier},
	}
	cfg.Env = w.Env("druid/realtime", 8084)
	cfg.Dir, cfg.Log = filepath.Join(w.dir, "node"), w.log.Logger("realtime-1")
	cfg.Props = node.Properties{"druid.segment.handoff.pollDuration": "PT2S"}
	return w.Start("the realtime node", func(ctx context.Context, ready func()) error {
		cfg.Ready, cfg.Disk = ready, w.faults.Until(ctx)
		cfg.DeepStorage = deepstore.NewGated(cfg.Disk, filepath.Join(w.dir, "deep"), w.gate)
		return Run(ctx, cfg)
	})
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

// push sends one row for each of the given times.
func (w *world) push(times ...time.Time) {
	w.T.Helper()
	var events []map[string]any
	for _, at := range times {
		events = append(events, map[string]any{"time": at.UTC().Format(time.RFC3339Nano), "page": "a", "added": 5})
	}
	body, err := json.Marshal(events)
	w.Must(err)
	code, answer := w.Call("POST", host+"/druid/worker/v1/chat/edits/push-events", string(body))
	if want := fmt.Sprintf(`{"eventCount":%d}`, len(times)); code != http.StatusOK || answer != want {
		w.T.Fatalf("push-events: got %d %s, want 200 %s", code, answer, want)
	}
}

// announced returns the segments in the node's batch nodes, as JSON, sorted.
func (w *world) announced() []string {
	w.T.Helper()
	found := []string{}
	for _, data := range w.Announced(host) {
		found = append(found, string(data))
	}
	return found
}

// rows asks the node how many rows it serves.
func (w *world) rows() int {
	w.T.Helper()
	return w.Rows(host, `"edits"`, "1970/2100")
}

// published returns the used segments of the store.
func (w *world) published() []druid.DataSegment {
	w.T.Helper()
	used, err := w.store.Used(w.T.Context())
	w.Must(err)
	return used
}

// history returns all commits so far.
func (w *world) history() []string {
	return w.commits.Lines(w.Paths.SegmentsOf(host), w.Paths.Service("edits"))
}
