package history

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"oakmoot/internal/stage/explain"
	"oakmoot/internal/stage/observe"
	"oakmoot/internal/stage/record"
	"oakmoot/internal/stage/trace"
)

// killed is the checked-in record of a run whose leading coordinator was killed.
func killed(t testing.TB) record.Record {
	t.Helper()
	f, err := os.Open("../record/testdata/killed.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rec, err := record.Read(f, "killed.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

// told is the history of a record.
func told(t testing.TB, rec record.Record, bytes int) *History {
	t.Helper()
	h, err := New(Options{Header: *rec.Header, Bytes: bytes})
	if err != nil {
		t.Fatal(err)
	}
	for rest := rec.Steps; len(rest) > 0; {
		n := record.Transaction(rest)
		h.Add(slices.Clone(rest[:n])...)
		rest = rest[n:]
	}
	return h
}

// seen is what a moment shows, in short.
func seen(m *observe.Moment) string {
	return fmt.Sprint(m.Leaders("coordinator"), m.Leaders("overlord"), m.Live.Servers(), m.Left.Servers(), m.Announced(), m.Live.Queued(), m.Sessions(), m.Nodes(), len(m.Faults()))
}

func TestEachStepShowsWhatAPlayerHasThere(t *testing.T) {
	rec := killed(t)
	rec.Steps = explain.Named(rec.Steps) // as the history does by itself
	h := told(t, rec, 0)
	p, err := record.NewPlayer(rec)
	if err != nil {
		t.Fatal(err)
	}
	want := map[int]string{}
	p.Play(rec.Steps, func(at int) { want[at] = seen(p.Now(rec, rec.Steps[at].Time)) })
	forwards := make([]int, 0, len(want))
	for at := range want {
		forwards = append(forwards, at)
	}
	slices.Sort(forwards)
	for _, order := range [][]int{forwards, backwards(forwards)} {
		for _, at := range order {
			var got string
			err := h.At(int64(at+1), func(p Past) {
				got = seen(p.Moment)
				if want := treeOf(p.state.znodes); !reflect.DeepEqual(p.tree, want) {
					t.Errorf("after step %d the tree is %v, want %v", at+1, p.tree, want)
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			if got != want[at] {
				t.Fatalf("after step %d:\ngot  %s\nwant %s", at+1, got, want[at])
			}
		}
	}
}

func TestStepsAreReadInPagesInBothDirections(t *testing.T) {
	rec := killed(t)
	h := told(t, rec, 0)
	var seqs []int64
	for after := int64(0); ; {
		steps, _ := h.After(after, 10)
		if len(steps) == 0 {
			break
		}
		for _, s := range steps {
			seqs = append(seqs, s.Seq)
		}
		after = steps[len(steps)-1].Seq
	}
	if len(seqs) != len(rec.Steps) || seqs[0] != 1 || !slices.IsSorted(seqs) {
		t.Errorf("got %d steps, want %d in their order", len(seqs), len(rec.Steps))
	}
	if last := h.Before(1000, 3); len(last) != 3 || last[2].Seq != int64(len(rec.Steps)) || last[2].Payload != observe.Shorten(rec.Steps[len(rec.Steps)-1].Payload) {
		t.Errorf("got %+v, want the last three", last)
	}
}

func TestALateReaderIsToldOfWhatCame(t *testing.T) {
	h := told(t, killed(t), 0)
	last := h.Span().Last
	steps, more := h.After(last, 10)
	if len(steps) > 0 {
		t.Fatalf("got %v, want nothing behind the last step", steps)
	}
	h.Add(trace.Step{Protocol: observe.Supervision, Verb: "is up", Node: "late", Time: time.Now()})
	<-more
	if steps, _ = h.After(last, 10); len(steps) != 1 || steps[0].Node != "late" {
		t.Errorf("got %v, want the new step", steps)
	}
	if h.End(); true {
		if _, more = h.After(last+1, 10); more != nil {
			t.Error("a history that is over promises more")
		}
	}
}

func TestTheBeginningGoesWhenThereIsTooMuch(t *testing.T) {
	h, err := New(Options{Bytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	grow(h, 10_000)
	span := h.Span()
	if span.First <= 1 || span.Last != 10_000 || h.bytes > 2<<20 || !strings.Contains(span.Note, "no longer held") {
		t.Errorf("got %+v and %d bytes, want less than all of it", span, h.bytes)
	}
	var missing *NotHeldError
	if err := h.At(1, func(Past) {}); !errors.As(err, &missing) || missing.Span.First != span.First {
		t.Errorf("got %v, want that step 1 is not held", err)
	}
	err = h.At(span.First, func(p Past) {
		if n, there := p.Znode("/druid/segments/a:1/b"); !there || n.Version != int32(span.First-1) || strings.Count(string(n.Data), "number") != int(span.First-1)%50+1 {
			t.Errorf("got version %d with %q, want what it was", n.Version, n.Data)
		}
	})
	if err != nil {
		t.Error(err)
	}
}

// grow adds so many steps, after which a batch of up to fifty segments has been changed so often.
func grow(h *History, steps int) {
	var b strings.Builder
	for i := range steps {
		op := observe.OpSet
		if i == 0 {
			op = observe.OpCreate
		}
		if i%50 == 0 {
			b.Reset()
		}
		fmt.Fprintf(&b, `{"segment":"a segment of some length, as they are, number %d"},`, i)
		h.Add(trace.Step{
			Zxid: int64(i + 1), Time: time.Unix(int64(i), 0), Protocol: observe.Announcement, Verb: "segment announced", Path: "/druid/segments/a:1/b",
			Payload: "[" + b.String() + "]", Op: op, Session: "0x1",
		})
	}
}

func TestASessionIsNamedOnceItIsKnownWhose(t *testing.T) {
	h, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	h.Add(trace.Step{Protocol: observe.Supervision, Verb: "starts", Node: "a", Subject: "a:1"})
	h.Add(trace.Step{Zxid: 1, Protocol: observe.Session, Verb: "open session", Op: observe.OpOpenSession, Session: "0x1"})
	h.Add(trace.Step{Zxid: 2, Protocol: observe.Layout, Verb: "create", Op: observe.OpCreate, Path: "/x", Session: "0x1", Node: "a"})
	if s, _ := h.Step(2); s.Node != "a" || s.Cause != 1 || s.Why != "its node started" {
		t.Errorf("got %+v, want it to be a's, because that started", s)
	}
}

func TestWhatWasThereBeforeIsThere(t *testing.T) {
	h, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	h.Found([]observe.Znode{{Path: "/druid/old", Czxid: 3, Mzxid: 3}, {Path: "/druid/new", Czxid: 7, Mzxid: 7}}, nil)
	h.Add(trace.Step{Zxid: 6, Op: observe.OpCreate, Path: "/druid/a"})
	h.Add(trace.Step{Zxid: 7, Op: observe.OpCreate, Path: "/druid/new"})
	for seq, want := range map[int64]bool{1: false, 2: true} {
		err := h.At(seq, func(p Past) {
			_, old := p.Znode("/druid/old")
			if _, there := p.Znode("/druid/new"); !old || there != want {
				t.Errorf("step %d: old is there: %v, new: %v", seq, old, there)
			}
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// After a gap the past is what the look has found: ZooKeeper may have come back with an earlier history.
func TestAfterAGapThePastIsWhatWasFound(t *testing.T) {
	h, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	h.Add(trace.Step{Zxid: 5, Protocol: observe.Session, Verb: "open session", Op: observe.OpOpenSession, Session: "0x1"})
	h.Add(trace.Step{Zxid: 6, Op: observe.OpCreate, Path: "/druid/a", Payload: "later"})
	h.Add(trace.Step{Zxid: 7, Op: observe.OpCreate, Path: "/druid/b"})
	h.Found([]observe.Znode{{Path: "/druid/a", Data: []byte("earlier"), Czxid: 3, Mzxid: 3}}, []int64{2})
	h.Add(trace.Step{Zxid: 4, Op: observe.OpCreate, Path: "/druid/c"})
	if note := h.Span().Note; !strings.Contains(note, "between steps 3 and 4") {
		t.Errorf("got the note %q, want where the gap is", note)
	}
	err = h.At(4, func(p Past) {
		a, _ := p.Znode("/druid/a")
		if _, b := p.Znode("/druid/b"); string(a.Data) != "earlier" || b || p.state.sessions[1] || !p.state.sessions[2] {
			t.Errorf("got %q, b is there: %v, sessions %v; want what was found", a.Data, b, p.state.sessions)
		}
	})
	if err != nil {
		t.Error(err)
	}
}

func TestAFaultIsThereUntilItEndsForEachOfItsNodes(t *testing.T) {
	h, err := New(Options{Header: record.Header{Session: 6 * time.Second}})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(100, 0)
	for _, verb := range []string{"kill", "kill ends"} {
		for _, node := range []string{"a", "b"} {
			h.Add(trace.Step{Time: now, Protocol: observe.Disturbance, Verb: verb, Subject: "broker for 5s", Node: node})
		}
	}
	for seq, want := range map[int64]int{1: 1, 2: 2, 3: 1, 4: 0} {
		_ = h.At(seq, func(p Past) {
			met := 0
			for _, f := range p.Moment.Faults() {
				if met += len(f.Nodes); f.ID != "f1" || f.Do != "kill broker for 5s" || !f.Until.Equal(now.Add(5*time.Second)) {
					t.Errorf("step %d: got %+v", seq, f)
				}
			}
			if met != want {
				t.Errorf("after step %d the fault meets %d nodes, want %d", seq, met, want)
			}
		})
	}
}

func BenchmarkAnyOf100000Steps(b *testing.B) {
	h, err := New(Options{})
	if err != nil {
		b.Fatal(err)
	}
	grow(h, 100_000)
	span := h.Span()
	at := span.First
	for b.Loop() {
		at = span.First + (at*7919)%(span.Last-span.First)
		if err := h.At(at, func(Past) {}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(h.bytes)/(1<<20), "MiB")
	b.ReportMetric(float64(span.Last-span.First+1), "steps")
}

func BenchmarkADirectoryAmong100000(b *testing.B) {
	h, err := New(Options{})
	if err != nil {
		b.Fatal(err)
	}
	for i := range 100_000 {
		h.Add(trace.Step{Zxid: int64(i + 1), Op: observe.OpCreate, Path: fmt.Sprintf("/druid/segments/s%d/b%d", i/10, i%10)})
	}
	for b.Loop() {
		err := h.At(100_000, func(p Past) {
			if n := len(p.Children("/druid/segments/s500")); n != 10 {
				b.Fatalf("got %d children", n)
			}
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAdd(b *testing.B) {
	h, err := New(Options{})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		grow(h, 50)
	}
}

func backwards(places []int) []int {
	places = slices.Clone(places)
	slices.Reverse(places)
	return places
}
