package announce_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"oakmoot/internal/druid"
	"oakmoot/internal/zk/announce"
)

// stroke is a call to an announcer of segments, or the loss of its session.
type stroke struct {
	verb string // announce, unannounce, expire
	segs []int
	size int // bytes of an announced segment's JSON
}

var strokes = rapid.Custom(func(t *rapid.T) stroke {
	return stroke{
		verb: rapid.SampledFrom([]string{"announce", "announce", "announce", "unannounce", "unannounce", "expire"}).Draw(t, "verb"),
		segs: rapid.SliceOfN(rapid.IntRange(0, 60), 1, 12).Draw(t, "segments"),
		size: rapid.IntRange(450, 1800).Draw(t, "size"),
	}
})

// In whatever order segments are announced and withdrawn, the batches together hold
// what is announced, each segment once, in nodes within their limits; and the other
// form agrees.
func TestBatchesTogetherAreWhatIsAnnounced(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		cfg := announce.SegmentsConfig{
			PerNode:  rapid.SampledFrom([]int{1, 2, 7, 50}).Draw(rt, "per node"),
			MaxBytes: rapid.SampledFrom([]int{2000, 4096, 524288}).Draw(rt, "max bytes"),
		}
		start := rapid.SliceOfNDistinct(rapid.IntRange(0, 60), 0, 30, rapid.ID).Draw(rt, "at the start")
		story := rapid.SliceOfN(strokes, 1, 8).Draw(rt, "story")
		var wrong string
		bubble(t, func(_ *testing.T, w *world) {
			m := &model{server: w.server(cfg), w: w, cfg: cfg, announced: map[string]bool{}}
			wrong = m.play(start, story)
		})
		if wrong != "" {
			rt.Fatal(wrong)
		}
	})
}

// model is what should be announced, beside the server that announces it.
type model struct {
	server
	w         *world
	cfg       announce.SegmentsConfig
	announced map[string]bool
}

func (m *model) play(start []int, story []stroke) string {
	var first []druid.DataSegment
	for _, n := range start {
		first = append(first, wide(n, 500))
		m.announced[segment(n).ID().String()] = true
	}
	m.announceAll(first...)
	for i, s := range story {
		m.strike(s)
		if wrong := m.wrong(); wrong != "" {
			return fmt.Sprintf("after stroke %d, %s: %s", i+1, s.verb, wrong)
		}
	}
	return ""
}

func (m *model) strike(s stroke) {
	switch s.verb {
	case "expire":
		old := m.Conn.SessionID()
		m.Expire()
		m.w.Until("a new session", func() bool { return m.Conn.SessionID() != old })
		time.Sleep(time.Second)
		return
	case "announce":
		for _, n := range s.segs {
			m.announce(wide(n, s.size))
			m.announced[segment(n).ID().String()] = true
		}
	case "unannounce":
		for _, n := range s.segs {
			m.unannounce(segment(n))
			delete(m.announced, segment(n).ID().String())
		}
	}
}

// wrong says what is wrong with the nodes right now; "" for nothing.
func (m *model) wrong() string {
	want := slices.Sorted(maps.Keys(m.announced))
	batch, legacy := m.w.announced()
	if diff := cmp.Diff(want, batch); diff != "" {
		return "batches (-want +got):\n" + diff
	}
	if diff := cmp.Diff(want, legacy); diff != "" {
		return "served segments (-want +got):\n" + diff
	}
	empty := 0
	for name, text := range m.w.batches() {
		held := len(decode(m.w.T, text))
		if held > m.cfg.PerNode || len(text) > m.cfg.MaxBytes {
			return fmt.Sprintf("node %s holds %d segments, %d bytes; want no more than %d, %d", name, held, len(text), m.cfg.PerNode, m.cfg.MaxBytes)
		}
		if held == 0 {
			empty++
		}
	}
	if empty > 1 {
		return fmt.Sprintf("%d empty nodes, want the one of the start at most", empty)
	}
	return ""
}
