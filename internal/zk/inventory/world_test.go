package inventory_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/fault"
	"oakmoot/internal/worldtest"
	"oakmoot/internal/zk/announce"
	"oakmoot/internal/zk/inventory"
)

// world is a ZooKeeper in a bubble.
type world struct{ *worldtest.World }

// bubble runs f in virtual time.
func bubble(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	worldtest.Bubble(t, func(t *testing.T, w *worldtest.World) { f(t, &world{w}) })
}

// server is a process that announces itself and segments.
type server struct {
	*worldtest.Process
	meta druid.ServerMetadata
	segs *announce.Segments
}

// start announces a server in both forms; it runs until the test ends or Stop is
// called.
func (w *world) start(name string) *server {
	w.T.Helper()
	s := &server{Process: w.Process(), meta: meta(name)}
	s.segs = announce.NewSegments(s.Announcer, s.meta, w.Paths, announce.SegmentsConfig{PerNode: 3})
	w.Must(s.Announce(w.T.Context(), w.Paths.Announcement(name), w.marshal(s.meta), false))
	return s
}

func meta(name string) druid.ServerMetadata {
	return druid.ServerMetadata{Name: name, Host: name, MaxSize: 100, Type: druid.TypeHistorical, Tier: druid.DefaultTier}
}

// segment is a segment of January 2019; the tests call it by its version.
func segment(name string) druid.DataSegment {
	return druid.DataSegment{
		DataSource: "wiki", Interval: worldtest.Day(1), Version: name,
		LoadSpec: json.RawMessage(`{"type":"local","path":"/x"}`), ShardSpec: druid.NumberedShardSpec(0, 0), Size: 100,
	}
}

func segments(names string) []druid.DataSegment {
	var all []druid.DataSegment
	for _, name := range strings.Fields(names) {
		all = append(all, segment(name))
	}
	return all
}

func (s *server) announce(names string) {
	s.World.T.Helper()
	s.World.Must(s.segs.Announce(s.World.T.Context(), segments(names)...))
}

func (s *server) unannounce(names string) {
	s.World.T.Helper()
	s.World.Must(s.segs.Unannounce(s.World.T.Context(), segments(names)...))
}

func (w *world) marshal(v any) []byte {
	w.T.Helper()
	b, err := druid.Marshal(v)
	w.Must(err)
	return b
}

// viewer is a view and the events it has reported.
type viewer struct {
	*inventory.View
	link *fault.Link

	mu   sync.Mutex // guards told
	told []string
	done chan struct{} // closed when the events have ended
}

// view starts a view that ends with the test.
func (w *world) view(form inventory.Form) *viewer {
	w.T.Helper()
	v := &viewer{link: w.Link(), done: make(chan struct{})}
	v.View = inventory.Start(context.Background(), w.Open(v.link.DialZK), w.Paths, form, nil)
	go func() {
		defer close(v.done)
		for e := range v.Events() {
			v.mu.Lock()
			v.told = append(v.told, line(e))
			v.mu.Unlock()
		}
	}()
	w.T.Cleanup(v.Stop)
	return v
}

var words = map[inventory.EventType]string{
	inventory.ServerAdded: "server added", inventory.ServerUpdated: "server updated", inventory.ServerRemoved: "server removed",
	inventory.SegmentAdded: "added", inventory.SegmentRemoved: "removed", inventory.Initialized: "initialized",
}

func line(e inventory.Event) string {
	version := ""
	if e.Segment != nil {
		version = e.Segment.Version
	}
	return strings.Join(strings.Fields(words[e.Type]+" "+version+" "+e.Server.Name), " ")
}

// expect takes the events reported since the last call, once all is quiet.
func (v *viewer) expect(t *testing.T, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, v.take()); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func (v *viewer) take() []string {
	synctest.Wait()
	v.mu.Lock()
	defer v.mu.Unlock()
	told := v.told
	v.told = nil
	return told
}

// served returns the servers with the sorted versions of their segments.
func (v *viewer) served() map[string]string {
	synctest.Wait()
	all := map[string]string{}
	for _, s := range v.Snapshot() {
		var versions []string
		for id := range s.Segments {
			versions = append(versions, id.Version)
		}
		slices.Sort(versions)
		all[s.Meta.Name] = strings.Join(versions, " ")
	}
	return all
}
