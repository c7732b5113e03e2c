package history

import (
	"fmt"
	"sort"
	"time"

	"oakmoot/internal/stage/explain"
	"oakmoot/internal/stage/observe"
	"oakmoot/internal/stage/trace"
)

// Span is the part of the run that is held.
type Span struct {
	First, Last         int64 // places of steps; 0 when there is none
	FirstTime, LastTime time.Time
	Note                string // why it is not all of the run, or ""
}

// Span is the part of the run that is held.
func (h *History) Span() Span {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := Span{Note: h.gap}
	first := h.blocks[0].first
	if first > 1 {
		s.Note = fmt.Sprintf("the first %d steps are no longer held: there is room for %d MiB", first-1, h.opts.Bytes>>20)
	}
	if h.next > first {
		s.First, s.Last = first, h.next-1
		s.FirstTime, s.LastTime = h.at(s.First).step.Time, h.at(s.Last).step.Time
	}
	return s
}

// After are the steps behind a place, limit of them at most, and what is closed once there may be more; that is nil when
// there never are.
func (h *History) After(seq int64, limit int) (steps []Step, more <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if more = h.more; h.over {
		more = nil
	}
	first := max(seq+1, h.blocks[0].first)
	return h.steps(first, min(h.next, first+int64(limit))), more
}

// Whole are some steps behind a place with the whole of their payloads, and the notes between them, as a record has them.
func (h *History) Whole(seq int64, limit int) (steps []trace.Step, last int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	first := max(seq+1, h.blocks[0].first)
	note := func(after int64) {
		for _, n := range h.notes.between(seq, after) {
			step := n.Step()
			if one := h.at(max(n.after, first)); one != nil {
				step.Zxid, step.Time = one.step.Zxid, one.step.Time
			}
			steps = append(steps, step)
		}
		seq = after
	}
	if seq == 0 {
		seq = -1
		note(first - 1)
	}
	for last = first - 1; last+1 < min(h.next, first+int64(limit)); last++ {
		one := h.at(last + 1)
		step := one.step
		step.Payload = one.text.String()
		steps = append(steps, step)
		note(last + 1)
	}
	return steps, last
}

// Before are the steps before a place, the last limit of them.
func (h *History) Before(seq int64, limit int) []Step {
	h.mu.Lock()
	defer h.mu.Unlock()
	end := min(seq, h.next)
	return h.steps(max(end-int64(limit), h.blocks[0].first), end)
}

// Step is the step at a place, if it is held.
func (h *History) Step(seq int64) (Step, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	one := h.at(seq)
	if one == nil {
		return Step{}, false
	}
	return one.shown(seq), true
}

// FirstOf is the place of the first step that has a zxid, or a later one.
func (h *History) FirstOf(zxid int64) int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	first := h.blocks[0].first
	return first + int64(sort.Search(int(h.next-first), func(i int) bool { return h.at(first+int64(i)).step.Zxid >= zxid }))
}

// Chain goes backwards from a step to its causes, as far as they are held.
func (h *History) Chain(seq int64) (chain []Step) {
	for len(chain) < explain.LongestChain {
		step, held := h.Step(seq)
		if !held {
			return chain
		}
		chain = append(chain, step)
		if seq = step.Cause; seq == 0 {
			return chain
		}
	}
	return chain
}

func (h *History) steps(first, end int64) []Step {
	steps := make([]Step, 0, max(0, end-first))
	for seq := first; seq < end; seq++ {
		steps = append(steps, h.at(seq).shown(seq))
	}
	return steps
}

// shown is the step with its payload, cut when that is long.
func (s *stored) shown(seq int64) Step {
	step := Step{Seq: seq, Step: s.step, Why: s.cause.Why, Cause: s.cause.Seq}
	step.Payload = observe.Shorten(s.text.String())
	return step
}
