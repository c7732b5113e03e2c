package inventory_test

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/announce"
	"oakmoot/internal/druid"
	"oakmoot/internal/fault"
	"oakmoot/internal/inventory"
	"oakmoot/internal/memnet"
	"oakmoot/internal/zkconn"
	"oakmoot/internal/zkpath"
	"oakmoot/zkembed"
)

const sessionTimeout = 6 * time.Second

// world is a ZooKeeper in a bubble.
type world struct {
	t     *testing.T
	net   *memnet.Network
	srv   *zkembed.Server
	zc    zkconn.Conn // the test's own
	paths zkpath.Paths
}

// bubble runs f in virtual time.
func bubble(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, net: memnet.New()}
		w.srv = zkembed.RunT(t, zkembed.Options{Network: w.net, Tick: 500 * time.Millisecond})
		w.zc = w.open(w.net.DialContext)
		var err error
		if w.paths, err = zkpath.New(nil); err != nil {
			t.Fatal(err)
		}
		f(t, w)
	})
}

func (w *world) open(dial zkconn.DialFunc) zkconn.Conn {
	w.t.Helper()
	zc, err := zkconn.Open(w.t.Context(), zkconn.Options{Servers: []string{w.srv.Addr()}, SessionTimeout: sessionTimeout, Dial: dial})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(zc.Close)
	return zc
}

// server is a process that announces itself and segments.
type server struct {
	w    *world
	meta druid.ServerMetadata
	zc   zkconn.Conn
	link *fault.Link
	own  *announce.Announcer
	segs *announce.Segments
	stop func() // a clean end
}

// start announces a server in both forms; it runs until the test ends or stop is
// called.
func (w *world) start(name string) *server {
	w.t.Helper()
	s := &server{w: w, meta: meta(name), link: fault.NewLink(w.net.DialContext, rand.New(rand.NewPCG(1, 1)))}
	s.zc = w.open(s.link.DialZK)
	s.own = announce.NewAnnouncer(s.zc, hclog.NewNullLogger())
	s.segs = announce.NewSegments(s.own, s.meta, w.paths, announce.SegmentsConfig{PerNode: 3})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.own.Run(ctx) }()
	s.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			w.t.Errorf("announcer ended with %v, want nil", err)
		}
	})
	w.t.Cleanup(s.stop)
	w.must(s.own.Announce(w.t.Context(), w.paths.Announcement(name), w.marshal(s.meta), false))
	return s
}

func meta(name string) druid.ServerMetadata {
	return druid.ServerMetadata{Name: name, Host: name, MaxSize: 100, Type: druid.TypeHistorical, Tier: druid.DefaultTier}
}

// segment is a segment of January 2019; its version is what the tests call it.
func segment(name string) druid.DataSegment {
	start := druid.At(time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC))
	return druid.DataSegment{
		DataSource: "wiki", Interval: druid.Interval{Start: start, End: start + 86_400_000}, Version: name,
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
	s.w.t.Helper()
	s.w.must(s.segs.Announce(s.w.t.Context(), segments(names)...))
}

func (s *server) unannounce(names string) {
	s.w.t.Helper()
	s.w.must(s.segs.Unannounce(s.w.t.Context(), segments(names)...))
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) marshal(v any) []byte {
	w.t.Helper()
	b, err := druid.Marshal(v)
	w.must(err)
	return b
}

// write makes or changes a node by hand.
func (w *world) write(path string, data []byte) {
	w.t.Helper()
	_, err := w.zc.CreateParents(w.t.Context(), path, data, zkconn.Persistent)
	if errors.Is(err, zkconn.ErrNodeExists) {
		_, err = w.zc.Set(w.t.Context(), path, data, -1)
	}
	w.must(err)
}

func (w *world) delete(path string) {
	w.t.Helper()
	w.must(w.zc.Delete(w.t.Context(), path, -1))
}

// viewer is a view and what it has told.
type viewer struct {
	*inventory.View
	link *fault.Link

	mu   sync.Mutex // guards told
	told []string
	done chan struct{} // closed when the events have ended
}

// view starts a view that ends with the test.
func (w *world) view(form inventory.Form) *viewer {
	w.t.Helper()
	v := &viewer{link: fault.NewLink(w.net.DialContext, rand.New(rand.NewPCG(1, 1))), done: make(chan struct{})}
	v.View = inventory.Start(context.Background(), w.open(v.link.DialZK), w.paths, form, nil)
	go func() {
		defer close(v.done)
		for e := range v.Events() {
			v.mu.Lock()
			v.told = append(v.told, line(e))
			v.mu.Unlock()
		}
	}()
	w.t.Cleanup(v.Stop)
	return v
}

var words = map[inventory.EventType]string{
	inventory.ServerAdded: "server added", inventory.ServerUpdated: "server updated", inventory.ServerRemoved: "server removed",
	inventory.SegmentAdded: "added", inventory.SegmentRemoved: "removed", inventory.Initialized: "initialized",
}

func line(e inventory.Event) string {
	return strings.Join(strings.Fields(words[e.Type]+" "+e.Segment.Version+" "+e.Server.Name), " ")
}

// expect takes what was told since the last time, once all is quiet.
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

// served is the servers with the sorted versions of their segments.
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

// until waits for a state, at most five minutes of the bubble's time.
func (w *world) until(what string, cond func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(5 * time.Minute); !cond(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			dump, _ := w.srv.Dump(w.t.Context()) // only for the message
			w.t.Fatalf("never: %s\n%s", what, dump)
		}
	}
}
