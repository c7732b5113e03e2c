package historical

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/ingest"
	"oakmoot/internal/rows/segment"
	"oakmoot/internal/run/deepstore"
	"oakmoot/internal/run/disk"
	"oakmoot/internal/run/fault"
	"oakmoot/internal/run/fault/diskfault"
	"oakmoot/internal/run/node"
	"oakmoot/internal/worldtest"
	"oakmoot/internal/zk/announce"
	"oakmoot/internal/zk/zkconn"
)

const host = "127.0.0.1:8083"

// world is a ZooKeeper in memory, what a coordinator does to it, and a place for one historical to live in and come
// back to.
type world struct {
	*worldtest.World
	dir     string
	faults  *diskfault.Disk
	link    *fault.Link // between the historical and ZooKeeper
	deep    *deepstore.Local
	gate    deepstore.Gate // before the historical's pulls
	props   node.Properties
	size    int64
	log     *worldtest.Log
	commits *worldtest.Record
	conn    zkconn.Conn // of the historical's last incarnation
}

// inWorld runs f in a bubble.
func inWorld(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	worldtest.Bubble(t, func(t *testing.T, w *worldtest.World) {
		dir := t.TempDir()
		f(t, &world{
			World: w, dir: dir, link: w.Link(), faults: diskfault.New(disk.OS{}, rand.New(rand.NewPCG(1, 2))), deep: deepstore.New(disk.OS{}, filepath.Join(dir, "deep")), props: node.Properties{}, size: 1 << 20,
			log: w.NewLog(), commits: w.Record(),
		})
	})
}

// start runs the historical until stop is called, which waits for its end.
func (w *world) start() (stop func()) {
	w.T.Helper()
	cfg := Config{
		Announce: announce.Batch,
		Server:   druid.ServerMetadata{Name: host, Host: host, MaxSize: w.size, Type: druid.TypeHistorical, Tier: druid.DefaultTier},
	}
	cfg.Env = w.Env("druid/historical", 8083)
	cfg.Props, cfg.Dir, cfg.Log = w.props, filepath.Join(w.dir, "node"), w.log.Logger("historical-1")
	open := w.Opener(w.link.DialZK)
	cfg.Open = func(ctx context.Context) (_ zkconn.Conn, err error) { w.conn, err = open(ctx); return w.conn, err }
	return w.Start("the historical", func(ctx context.Context, ready func()) error {
		cfg.Ready, cfg.Disk = ready, w.faults.Until(ctx)
		cfg.DeepStorage = deepstore.NewGated(cfg.Disk, w.deep.Root(), w.gate)
		return Run(ctx, cfg)
	})
}

const schemaJSON = `{"dataSource":"wiki","parser":{"type":"string","parseSpec":{"format":"json",
	"timestampSpec":{"column":"time","format":"iso"},"dimensionsSpec":{"dimensions":["page"]}}},
	"metricsSpec":[{"type":"count","name":"count"},{"type":"longSum","name":"added","fieldName":"added"}],
	"granularitySpec":{"type":"uniform","segmentGranularity":"DAY","queryGranularity":"NONE"}}`

// push puts a segment for the given day of January 2019, with two rows, into deep storage.
func (w *world) push(day int) druid.DataSegment {
	w.T.Helper()
	interval := worldtest.Day(day)
	schema, err := ingest.ParseSchema([]byte(schemaJSON))
	w.Must(err)
	index := ingest.NewIncremental(schema, interval)
	for hour := range 2 {
		row := ingest.Row{Time: interval.Start + druid.Timestamp(hour)*3_600_000, Dimensions: []string{"page"}, Event: map[string]any{"page": "a", "added": int64(10)}}
		w.Must(index.Add(row))
	}
	files := filepath.Join(w.T.TempDir(), "index")
	w.Must(index.Persist(disk.OS{}, files, segment.IndexSpec{}))
	s, err := w.deep.Push(w.T.Context(), files, druid.DataSegment{
		DataSource: "wiki", Interval: interval, Version: "v1", Dimensions: []string{"page"}, Metrics: []string{"count", "added"}, ShardSpec: druid.NoneShardSpec(),
	}, false)
	w.Must(err)
	return s
}

// request writes a load queue entry as a coordinator does, and returns its path.
func (w *world) request(action string, s druid.DataSegment) string {
	w.T.Helper()
	data, err := druid.Marshal(druid.ChangeRequest{Action: action, Segment: s})
	w.Must(err)
	return w.put(s.ID().String(), data)
}

func (w *world) put(name string, data []byte) string {
	w.T.Helper()
	path := w.Paths.LoadRequest(host, name)
	if _, err := w.Conn.CreateParents(w.T.Context(), path, data, zkconn.Ephemeral); err != nil {
		w.T.Fatalf("request %s: %v", name, err)
	}
	return path
}

// handled waits until an entry is gone.
func (w *world) handled(path string) {
	w.T.Helper()
	w.Until(path+" is handled", func() bool { return !w.Exists(path) })
}

// do requests something and waits until it is handled.
func (w *world) do(action string, s druid.DataSegment) {
	w.T.Helper()
	w.handled(w.request(action, s))
}

// announced are the ids of the segments in the historical's batch nodes, sorted.
func (w *world) announced() []string {
	w.T.Helper()
	ids := []string{}
	for _, data := range w.Announced(host) {
		var s druid.DataSegment
		w.Must(json.Unmarshal(data, &s))
		ids = append(ids, s.ID().String())
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

// history is all commits so far.
func (w *world) history() []string { return w.commits.Lines(w.Paths.SegmentsOf(host)) }

// since is what was committed after the first n commits.
func (w *world) since(n int) []string { return w.history()[n:] }

// rows asks how many rows a segment has.
func (w *world) rows(s druid.DataSegment) int {
	w.T.Helper()
	return w.Rows(host, strconv.Quote(s.DataSource), s.Interval.String())
}

// files are the names below the segment cache, without the info files.
func (w *world) files() []string {
	w.T.Helper()
	found := []string{}
	root := filepath.Join(w.dir, "node", "segment-cache")
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !strings.Contains(path, "info_dir") {
			found = append(found, filepath.Base(path))
		}
		return err
	})
	w.Must(err)
	return found
}
