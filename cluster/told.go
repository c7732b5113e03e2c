package cluster

import (
	"math"
	"slices"
	"sync"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/stage/history"
	"oakmoot/internal/stage/observe"
	"oakmoot/internal/stage/record"
)

// told is what happens to a cluster besides the transactions of its ZooKeeper: faults,
// and the starts and ends of nodes. Each act has the zxid of the latest transaction that
// had been told when it happened, so that the two can be put in order: see merge.
type told struct {
	more *signal          // raised after each act
	past *history.History // is told each act at once; nil unless it is kept; set before anything happens

	mu    sync.Mutex // guards the fields below
	zxid  int64      // of the latest transaction that has been told
	acts  []TraceStep
	first int  // number of the oldest act that is remembered
	notes bool // somebody wants notes; set before anything happens
}

// actsKept is how many acts are remembered.
const actsKept = 20_000

func newTold() *told { return &told{more: newSignal()} }

// at notes that a transaction is being told.
func (t *told) at(zxid int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.zxid = max(t.zxid, zxid)
}

// back notes that ZooKeeper has come back with an earlier history.
func (t *told) back(zxid int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.zxid = zxid
}

// tell adds acts.
func (t *told) tell(events ...observe.Event) {
	t.mu.Lock()
	for _, e := range events {
		e.Zxid = t.zxid
		t.add(stepOf(e))
		if t.past != nil {
			t.past.Add(heldStep(e, e.Payload))
		}
	}
	t.mu.Unlock()
	t.more.raise()
}

// note adds what has come of a part of the play, between the acts.
func (t *told) note(n record.Note) {
	if !t.notes {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	step := shownStep(n.Step())
	step.Zxid, step.Time = t.zxid, time.Now()
	t.add(step)
	if t.past != nil {
		t.past.Note(n)
	}
}

// add remembers an act or a note; the caller holds mu.
func (t *told) add(step TraceStep) {
	t.acts = append(t.acts, step)
	if surplus := len(t.acts) - actsKept; surplus > actsKept/10 {
		t.acts = append([]TraceStep(nil), t.acts[surplus:]...)
		t.first += surplus
	}
}

// seq is the place of the latest step; 0 when no history is kept.
func (t *told) seq() int64 {
	if t.past == nil {
		return 0
	}
	return t.past.Span().Last
}

// found hands on what a look at the tree has found, which no transaction tells of.
func (t *told) found(listed []observe.Znode, sessions []int64) {
	if t == nil || t.past == nil {
		return
	}
	for i := range listed {
		listed[i].Data = druid.Gunzip(listed[i].Data)
	}
	t.past.Found(listed, sessions)
}

// merge is how far a reader of transactions has come in the acts between them.
type merge struct {
	told  *told
	notes bool // between them, too
	next  int  // number of the act to read next
}

// rest are all acts that have not been read.
func (m *merge) rest() []TraceStep { return m.upTo(math.MaxInt64) }

// upTo are the acts that follow no transaction later than zxid, and have not been read.
func (m *merge) upTo(zxid int64) []TraceStep {
	m.told.mu.Lock()
	defer m.told.mu.Unlock()
	begin := max(0, m.next-m.told.first)
	end := begin
	for end < len(m.told.acts) && m.told.acts[end].Zxid <= zxid {
		end++
	}
	m.next = m.told.first + end
	acts := slices.Clone(m.told.acts[begin:end])
	if !m.notes {
		acts = slices.DeleteFunc(acts, isNote)
	}
	return acts
}

// isNote reports whether a line of a record is none of the run's steps.
func isNote(s TraceStep) bool { return s.Protocol == ProtocolRun }
