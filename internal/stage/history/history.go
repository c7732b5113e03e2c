// Package history holds the steps of a run, live or from a record, and what the cluster was like after each of them.
//
// A history holds steps in blocks. A block begins with what the run had come to, so that the cluster at any step is
// had by playing a part of one block into a model. What is held is bounded: when it is too much, the oldest block goes.
package history

import (
	"cmp"
	"fmt"
	"sort"
	"sync"
	"time"

	"oakmoot/internal/stage/explain"
	"oakmoot/internal/stage/observe"
	"oakmoot/internal/stage/record"
	"oakmoot/internal/stage/trace"
	"oakmoot/internal/zk/zkpath"
)

// Step is a step of the run with its place in it, from 1, and its cause.
type Step struct {
	Seq int64
	trace.Step
	Why   string // what ties it to its cause; "" when the rules know none
	Cause int64  // the place of that
}

// Options are what a history begins with.
type Options struct {
	Header record.Header
	Bytes  int // how much is held; 0 is DefaultBytes
}

// DefaultBytes is how much of a run is held when nobody says.
const DefaultBytes = 64 << 20

// History is the steps of a run. Its methods may be called from any goroutine. It is wide because it has what is held,
// what is known of that, and what is needed to go on.
type History struct {
	paths zkpath.Paths
	opts  Options

	mu     sync.Mutex // guards the fields below
	blocks []*block   // never empty
	next   int64      // place of the next step
	bytes  int
	now    *state // after the last step
	gap    string // what is not known of the run; "" when nothing is missing
	ends   map[int64]time.Time
	notes  *notes
	owners *owners
	causes *explain.Causes
	more   chan struct{} // closed after the next change
	over   bool          // no step comes any more

	reading sync.Mutex // guards tapes
	tapes   []*tape    // the last used first
}

// block is some steps in a row, and what the run had come to before them.
type block struct {
	first int64
	begin *state
	steps []stored
	bytes int
}

// stored is a step as it is held.
type stored struct {
	step  trace.Step // without its payload
	text  *text
	cause explain.Cause
}

// New is the history of a run that begins.
func New(o Options) (*History, error) {
	paths, err := zkpath.New(o.Header.Paths)
	if err != nil {
		return nil, err
	}
	o.Bytes = cmp.Or(o.Bytes, DefaultBytes)
	h := &History{
		paths: paths, opts: o, next: 1, now: newState(o.Header.Session), ends: map[int64]time.Time{}, notes: &notes{}, owners: newOwners(), causes: explain.New(),
		more: make(chan struct{}),
	}
	for _, n := range o.Header.Nodes {
		h.now.cast.Join(n)
	}
	h.blocks = []*block{{first: 1, begin: h.now.clone()}}
	return h, nil
}

// Found takes the znodes and sessions that were there before the first step. Those that a step has already told of are
// known better.
func (h *History) Found(znodes []observe.Znode, sessions []int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	first := h.blocks[0]
	if h.now.zxid > 0 {
		h.gap = fmt.Sprintf("between steps %d and %d something is missing: ZooKeeper was faster than what reads its changes, or came back with an earlier history", h.next-1, h.next)
		first = h.cut()
	}
	for _, s := range []*state{h.now, first.begin} {
		s.find(znodes, sessions)
	}
}

// Add takes the steps of one transaction, or one act.
func (h *History) Add(steps ...trace.Step) {
	if len(steps) == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if last := h.blocks[len(h.blocks)-1]; len(last.steps) >= max(blockLength, h.now.size()/4) {
		h.cut()
	}
	if first := steps[0]; h.now.zxid == 0 && record.IsChange(first) {
		h.now.forget(first.Zxid)
		h.blocks[0].begin.forget(first.Zxid)
	}
	for i, s := range steps {
		h.name(&steps[i])
		if s.Zxid == 0 {
			steps[i].Zxid = h.now.zxid
		}
	}
	causes := h.causes.Take(h.next, steps)
	for i, s := range steps {
		h.add(s, causes[i])
	}
	h.shed()
	h.tell()
}

// shed lets the oldest blocks go while too much is held.
func (h *History) shed() {
	first := h.blocks[0].first
	for h.bytes > h.opts.Bytes && len(h.blocks) > 1 {
		h.bytes -= h.blocks[0].bytes
		h.blocks = append([]*block(nil), h.blocks[1:]...)
	}
	if now := h.blocks[0].first; now > first {
		h.notes = h.notes.from(now)
	}
}

// blockLength is how long a block is at least before the next one begins.
const blockLength = 500

// cut begins a block.
func (h *History) cut() *block {
	b := &block{first: h.next, begin: h.now.clone()}
	b.bytes = znodeBytes * b.begin.size()
	h.bytes += b.bytes
	h.blocks = append(h.blocks, b)
	return b
}

// What things take, beside their texts.
const (
	stepBytes  = 400
	znodeBytes = 64
)

func (h *History) add(s trace.Step, cause explain.Cause) {
	one := stored{step: s, cause: cause}
	one.step.Payload = ""
	var change observe.Change
	if one.text, change, _ = h.now.take(s, nil); change.Op == observe.OpCloseSession {
		h.ends[change.Session] = s.Time
	}
	b := h.blocks[len(h.blocks)-1]
	b.steps = append(b.steps, one)
	size := stepBytes + len(s.Path) + len(s.Subject) + len(s.Detail)
	if one.text != nil && change.Op != observe.OpDelete {
		size += len(one.text.own)
	}
	b.bytes += size
	h.bytes += size
	h.next++
}

// name gives a step its node if that is known by now, and gives it to earlier steps of its session.
func (h *History) name(s *trace.Step) {
	if s.Node == "" {
		s.Node = h.owners.of(s.Session, h.next)
		return
	}
	for _, seq := range h.owners.found(s.Session, s.Node) {
		if earlier := h.at(seq); earlier != nil {
			earlier.step.Node = s.Node
			if earlier.cause.Seq == 0 {
				earlier.cause = h.causes.Again(seq, earlier.step)
			}
		}
	}
}

// at is a step that is held, or nil.
func (h *History) at(seq int64) *stored {
	b := h.block(seq)
	if b == nil || seq-b.first >= int64(len(b.steps)) {
		return nil
	}
	return &b.steps[seq-b.first]
}

// block is the block that a step is in, or would come to be in; nil when it is no longer held.
func (h *History) block(seq int64) *block {
	i := sort.Search(len(h.blocks), func(i int) bool { return h.blocks[i].first > seq }) - 1
	if i < 0 {
		return nil
	}
	return h.blocks[i]
}

// End says that no step comes any more.
func (h *History) End() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.over = true
	h.tell()
}

func (h *History) tell() {
	close(h.more)
	h.more = make(chan struct{})
}
