package announce_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/druid"
	"oakmoot/internal/zk/announce"
)

var self = druid.ServerMetadata{Name: "h:8083", Host: "h:8083", MaxSize: 100, Type: druid.TypeHistorical, Tier: druid.DefaultTier}

// segment is a segment of January 2019.
func segment(n int) druid.DataSegment {
	start := druid.At(time.Date(2019, 1, 1, n, 0, 0, 0, time.UTC))
	nine := 9
	return druid.DataSegment{
		DataSource: "wiki", Interval: druid.Interval{Start: start, End: start + 3_600_000}, Version: "v1",
		LoadSpec:   json.RawMessage(`{"type":"local","path":"/x/index.zip"}`),
		Dimensions: []string{"page", "user"}, Metrics: []string{"count"}, ShardSpec: druid.NumberedShardSpec(0, 0), BinaryVersion: &nine, Size: 100,
	}
}

func segments(from, to int) []druid.DataSegment {
	var all []druid.DataSegment
	for n := from; n < to; n++ {
		all = append(all, segment(n))
	}
	return all
}

// server announces segments.
type server struct {
	*process
	segs *announce.Segments
}

func (w *world) server(cfg announce.SegmentsConfig) server {
	w.T.Helper()
	p := w.start()
	return server{p, announce.NewSegments(p.Announcer, self, w.Paths, cfg)}
}

func (s server) announce(segs ...druid.DataSegment) {
	s.World.T.Helper()
	if err := s.segs.Announce(s.World.T.Context(), segs...); err != nil {
		s.World.T.Fatal(err)
	}
}

func (s server) announceAll(segs ...druid.DataSegment) {
	s.World.T.Helper()
	if err := s.segs.AnnounceAll(s.World.T.Context(), segs...); err != nil {
		s.World.T.Fatal(err)
	}
}

func (s server) unannounce(segs ...druid.DataSegment) {
	s.World.T.Helper()
	if err := s.segs.Unannounce(s.World.T.Context(), segs...); err != nil {
		s.World.T.Fatal(err)
	}
}

// batches returns the JSON of the batch nodes by name.
func (w *world) batches() map[string]string {
	w.T.Helper()
	all := w.Tree(w.Paths.SegmentsOf(self.Name))
	delete(all, "")
	return all
}

// counts returns how many segments each batch node holds, largest first.
func (w *world) counts() []int {
	w.T.Helper()
	var all []int
	for _, text := range w.batches() {
		all = append(all, len(decode(w.T, text)))
	}
	slices.SortFunc(all, func(a, b int) int { return b - a })
	return all
}

func decode(t *testing.T, text string) []druid.DataSegment {
	t.Helper()
	var segs []druid.DataSegment
	if err := json.Unmarshal([]byte(text), &segs); err != nil || segs == nil {
		t.Fatalf("batch %s: %v", text, err)
	}
	return segs
}

// ids returns the sorted ids of segments.
func ids(segs []druid.DataSegment) []string {
	var all []string
	for _, s := range segs {
		all = append(all, s.ID().String())
	}
	return slices.Sorted(slices.Values(all))
}

func expectCounts(t *testing.T, w *world, want ...int) {
	t.Helper()
	if diff := cmp.Diff(want, w.counts()); diff != "" {
		t.Errorf("segments in each batch node (-want +got):\n%s", diff)
	}
}

func TestBatchNodeIsNamedAndFilledAsDruidDoes(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		s := w.server(announce.SegmentsConfig{Form: announce.Batch})
		s.announce(segment(1), segment(2))
		for name, text := range w.batches() {
			pattern := regexp.MustCompile(`^/h:8083_historical__default_tier_2000-01-01T00:00:00\.\d{3}Z_[0-9a-f]{32}\d+$`)
			if !pattern.MatchString(name) {
				t.Errorf("name: got %s, want it to match %s", name, pattern)
			}
			if want := `[` + marshal(t, segment(1)) + `,` + marshal(t, segment(2)) + `]`; text != want {
				t.Errorf("payload: got %s, want %s", text, want)
			}
		}
		expectCounts(t, w, 2)
		if got := w.Text(w.Paths.SegmentsOf(self.Name)); got != "127.0.0.1" {
			t.Errorf("the server's directory: got %q, want an address", got)
		}
	})
}

func marshal(t *testing.T, v any) string {
	t.Helper()
	b, err := druid.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestNameOfABatchNodeLeavesEmptyPartsOutAndPrefersTheTLSHost(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.start()
		meta := druid.ServerMetadata{Name: "h:8283", Host: "h:8083", HostAndTLSPort: "h:8283", Type: druid.TypeRealtime}
		segs := announce.NewSegments(p.Announcer, meta, w.Paths, announce.SegmentsConfig{Form: announce.Batch})
		if err := segs.Announce(t.Context(), segment(1)); err != nil {
			t.Fatal(err)
		}
		for path := range w.Tree(w.Paths.SegmentsOf("h:8283")) {
			if path != "" && !strings.HasPrefix(path, "/h:8283_realtime_2000-01-01T") {
				t.Errorf("got %s, want it to begin with /h:8283_realtime_2000-01-01T", path)
			}
		}
	})
}

func TestLegacyFormHasOneNodeForEachSegment(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		s := w.server(announce.SegmentsConfig{Form: announce.Legacy})
		s.announceAll(segment(1))
		s.announce(segment(2), segment(3))
		s.unannounce(segment(2))
		dir := w.Paths.ServedSegmentsOf(self.Name)
		want := map[string]string{
			"": "127.0.0.1", "/" + segment(1).ID().String(): marshal(t, segment(1)), "/" + segment(3).ID().String(): marshal(t, segment(3)),
		}
		if diff := cmp.Diff(want, w.Tree(dir)); diff != "" {
			t.Errorf("tree (-want +got):\n%s", diff)
		}
		if got := w.Tree(w.Paths.LiveSegments); len(got) > 0 {
			t.Errorf("batch form: got %v, want nothing", got)
		}
	})
}

func TestBothFormsAgree(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		s := w.server(announce.SegmentsConfig{PerNode: 3})
		s.announceAll(segments(0, 7)...)
		s.announce(segments(7, 12)...)
		s.unannounce(segments(4, 9)...)
		want := ids(append(segments(0, 4), segments(9, 12)...))
		if batch, legacy := w.announced(); !cmp.Equal(want, batch) || !cmp.Equal(want, legacy) {
			t.Errorf("batch: %v\nlegacy: %v\nwant: %v", batch, legacy, want)
		}
	})
}

// announced returns the sorted ids of what is announced in either form.
func (w *world) announced() (batch, legacy []string) {
	w.T.Helper()
	var segs []druid.DataSegment
	for _, text := range w.batches() {
		segs = append(segs, decode(w.T, text)...)
	}
	served := w.Tree(w.Paths.ServedSegmentsOf(self.Name))
	delete(served, "")
	for name := range maps.Keys(served) {
		legacy = append(legacy, strings.TrimPrefix(name, "/"))
	}
	return ids(segs), slices.Sorted(slices.Values(legacy))
}

func TestNodeTakesFiftySegments(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		s := w.server(announce.SegmentsConfig{Form: announce.Batch})
		s.announce(segments(0, 50)...)
		expectCounts(t, w, 50)
		s.announce(segment(50))
		expectCounts(t, w, 50, 1)
		s.unannounce(segment(7))
		expectCounts(t, w, 49, 1)
		s.announce(segments(51, 53)...)
		if got := w.counts(); got[0]+got[1] != 52 {
			t.Errorf("got %v, want the free room to be used", got)
		}
	})
}

func TestNodeTakesHalfAMebibyte(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		s := w.server(announce.SegmentsConfig{Form: announce.Batch})
		const limit = 524288
		for n := range 5 {
			s.announce(wide(n, limit/3))
		}
		expectCounts(t, w, 2, 2, 1) // three thirds and the brackets are too much
		if err := s.segs.Announce(t.Context(), wide(6, limit)); err == nil {
			t.Error("a segment as long as a node may be: got no error")
		}
		if err := s.segs.AnnounceAll(t.Context(), wide(7, limit+1)); err == nil {
			t.Error("a longer one at the start: got no error")
		}
		expectCounts(t, w, 2, 2, 1)
	})
}

// wide is a segment whose JSON has so many bytes.
func wide(n, size int) druid.DataSegment {
	s := segment(n)
	s.Dimensions = []string{""}
	b, err := druid.Marshal(s)
	if err != nil {
		panic(err)
	}
	s.Dimensions[0] = strings.Repeat("d", size-len(b))
	return s
}

func TestNodeGoesWithItsLastSegment(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		s := w.server(announce.SegmentsConfig{Form: announce.Batch, PerNode: 2})
		s.announce(segments(0, 4)...)
		s.unannounce(segments(0, 2)...)
		expectCounts(t, w, 2)
		s.unannounce(segments(0, 4)...) // those not announced are left alone
		expectCounts(t, w)
		s.announce(segment(0))
		expectCounts(t, w, 1)
	})
}

func TestAnnouncedSegmentIsLeftAlone(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		s := w.server(announce.SegmentsConfig{PerNode: 2})
		s.announce(segment(0), segment(0), segment(1))
		s.announceAll(segments(0, 3)...)
		expectCounts(t, w, 2, 1)
		s.unannounce(segments(0, 3)...)
		expectCounts(t, w)
	})
}

func TestServerWithoutSegmentsAnnouncesAnEmptyBatch(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		s := w.server(announce.SegmentsConfig{Form: announce.Batch})
		s.announceAll()
		s.announce(segment(1))
		s.unannounce(segment(1))
		if diff := cmp.Diff([]string{"[]"}, slices.Collect(maps.Values(w.batches()))); diff != "" {
			t.Errorf("payloads (-want +got):\n%s", diff)
		}
	})
}

func TestNodesOfTheStartTakeMoreOnlyAfterASegmentHasLeftThem(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		s := w.server(announce.SegmentsConfig{Form: announce.Batch, PerNode: 4})
		s.announceAll(segments(0, 6)...)
		expectCounts(t, w, 4, 2)
		s.announce(segment(6))
		expectCounts(t, w, 4, 2, 1)
		s.unannounce(segment(6), segment(0), segment(1), segment(2))
		expectCounts(t, w, 2, 1)
		s.announce(segments(7, 10)...)
		expectCounts(t, w, 4, 2)
	})
}

func TestSkippedPartsAreAnnouncedAsNullAndEmpty(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		s := w.server(announce.SegmentsConfig{SkipLoadSpec: true, SkipDimensionsAndMetrics: true})
		s.announce(segment(1))
		pattern := regexp.MustCompile(`"loadSpec":null,"dimensions":"","metrics":"","shardSpec"`)
		for _, text := range append(slices.Collect(maps.Values(w.batches())), w.Text(w.Paths.ServedSegment(self.Name, segment(1).ID().String()))) {
			if !pattern.MatchString(text) {
				t.Errorf("got %s, want it to match %s", text, pattern)
			}
		}
	})
}

func TestSegmentsAreAnnouncedAgainAfterALostSession(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		s := w.server(announce.SegmentsConfig{PerNode: 2})
		s.announce(segments(0, 5)...)
		s.unannounce(segment(3))
		before := fmt.Sprint(w.batches())
		s.Expire()
		w.Until("they are back", func() bool { return fmt.Sprint(w.batches()) == before })
		batch, legacy := w.announced()
		if diff := cmp.Diff(batch, legacy); diff != "" || len(batch) != 4 {
			t.Errorf("batch and legacy differ (-batch +legacy):\n%s", diff)
		}
	})
}
