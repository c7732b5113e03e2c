package history

import (
	"fmt"
	"slices"
	"time"

	"oakmoot/internal/stage/observe"
	"oakmoot/internal/stage/record"
	"oakmoot/internal/zk/zkpath"
)

// tape is a model into which the steps of a block are played.
type tape struct {
	block *block
	model *observe.Model
	state *state
	tree  tree  // of the state
	seq   int64 // of the last step that was played
}

// tapesKept is how many tapes are kept for those who ask for a later step next.
const tapesKept = 3

// Past is the run as it was right after a step.
type Past struct {
	Seq, Zxid int64
	Time      time.Time
	Moment    *observe.Moment
	Paths     zkpath.Paths
	state     *state
	history   *History
	tree      tree
}

// NotHeldError is the error for a step that is not held.
type NotHeldError struct {
	Seq  int64
	Span Span
}

func (e *NotHeldError) Error() string {
	if e.Span.Last == 0 {
		return fmt.Sprintf("step %d: no step is held", e.Seq)
	}
	return fmt.Sprintf("step %d is not held: those from %d to %d are", e.Seq, e.Span.First, e.Span.Last)
}

// At has a look at the run as it was right after a step. The past must not be used after look has returned.
func (h *History) At(seq int64, look func(Past)) error {
	h.reading.Lock()
	defer h.reading.Unlock()
	steps, t, err := h.load(seq)
	if err != nil {
		return err
	}
	if t.model == nil {
		t.model = observe.New(h.paths)
		t.state.tell(t.model, h.paths)
		t.tree = treeOf(t.state.znodes)
	}
	t.play(steps)
	t.seq = seq
	h.keep(t)
	moment := t.model.Look(h.opts.Header.Seed, t.state.time, h.endsSoon(t.state))
	moment.Session = h.opts.Header.Session
	look(Past{Seq: seq, Zxid: t.state.zxid, Time: t.state.time, Moment: moment, Paths: h.paths, state: t.state, history: h, tree: t.tree})
	return nil
}

// load finds a tape that has not yet come to a step, and the steps that are to be played.
func (h *History) load(seq int64) ([]stored, *tape, error) {
	h.mu.Lock()
	b := h.block(seq)
	if h.at(seq) == nil {
		h.mu.Unlock()
		return nil, nil, &NotHeldError{seq, h.Span()}
	}
	defer h.mu.Unlock()
	t := &tape{block: b, seq: b.first - 1}
	for _, kept := range h.tapes {
		if kept.block == b && kept.seq <= seq && kept.seq >= t.seq {
			t = kept
		}
	}
	if t.model == nil {
		t.state = b.begin.clone()
	}
	return slices.Clone(b.steps[t.seq+1-b.first : seq+1-b.first]), t, nil
}

// keep keeps a tape as the last used.
func (h *History) keep(t *tape) {
	h.tapes = slices.DeleteFunc(h.tapes, func(other *tape) bool { return other == t })
	h.tapes = slices.Insert(h.tapes, 0, t)
	h.tapes = h.tapes[:min(len(h.tapes), tapesKept)]
}

// play plays steps, transaction by transaction.
func (t *tape) play(steps []stored) {
	var transaction []observe.Change
	for i, s := range steps {
		before := t.state.znodes[s.step.Path]
		_, change, does := t.state.take(s.step, s.text)
		if does != nil {
			does(t.model)
		}
		if change.Op == "" {
			continue
		}
		t.grow(s.step.Path, before != nil)
		if before != nil {
			change.Before = []byte(before.text.String())
		}
		if change.Op == observe.OpCreate || change.Op == observe.OpSet {
			change.After = []byte(s.text.String())
		}
		transaction = append(transaction, change)
		if i+1 == len(steps) || steps[i+1].step.Zxid != s.step.Zxid || !record.IsChange(steps[i+1].step) {
			t.model.Apply(transaction...)
			transaction = transaction[:0]
		}
	}
}

// grow follows what a step has done to the znode at a path.
func (t *tape) grow(path string, before bool) {
	switch now := t.state.znodes[path] != nil; {
	case now && !before:
		t.tree.add(path)
	case before && !now:
		t.tree.remove(path, func(path string) bool { return t.state.znodes[path] != nil })
	}
}

// endsSoon are the ends of the sessions that live and are known to end within a session timeout.
func (h *History) endsSoon(s *state) map[int64]time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	ends := map[int64]time.Time{}
	for id := range s.sessions {
		if at, known := h.ends[id]; known && at.Sub(s.time) <= s.session+time.Second {
			ends[id] = at
		}
	}
	return ends
}

// Incarnation is how often a node had been started.
func (p Past) Incarnation(name string) int { return 1 + p.state.starts[name] }

// Znode is the znode at a path, without the number of its children.
func (p Past) Znode(path string) (n observe.Znode, there bool) {
	h := p.state.znodes[path]
	if h == nil {
		return n, false
	}
	return h.znode(path), true
}
