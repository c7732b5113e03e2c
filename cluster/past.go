package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"time"

	"oakmoot/internal/stage/explain"
	"oakmoot/internal/stage/history"
	"oakmoot/internal/stage/record"
)

// Past is a run step by step: one that goes on, or one that is over. A step is meant by its place in the run, from 1.
type Past struct {
	name   string
	header record.Header
	steps  *history.History // nil when there is none
	live   bool
	note   string // what there is to say of it
}

// errNoPast is the error with an external ZooKeeper.
var errNoPast = fmt.Errorf("%s: %w", noPast, ErrBadExpression)

const noPast = "an external ZooKeeper gives no stream of its transactions: there is no history"

// PastSpan is the part of a run that can be looked at.
type PastSpan struct {
	Name      string    `json:"name"`
	Live      bool      `json:"live"`
	First     int64     `json:"first"` // the place of the first step that is held; 0 when there is none
	Last      int64     `json:"last"`
	FirstTime time.Time `json:"firstTime,omitzero"`
	LastTime  time.Time `json:"lastTime,omitzero"`
	Note      string    `json:"note"` // why it is not all of the run, or ""
}

// PastStep is a step with its place in the run and its cause.
type PastStep struct {
	Seq int64 `json:"seq"`
	TraceStep
	Why   string `json:"why"`   // what ties it to its cause; "" when the rules know none
	Cause int64  `json:"cause"` // the place of that step, or 0
}

// PastSteps is a part of the steps.
type PastSteps struct {
	Steps []PastStep `json:"steps"`
	Total int        `json:"total"` // of all that are held
	Next  int64      `json:"next"`  // the place from which to read on in the same direction
}

// PastLink is a link of a chain of causes; the next one is its cause.
type PastLink struct {
	Seq  int64  `json:"seq"`
	Text string `json:"text"`
	Why  string `json:"why"`
}

// Span is the part of the run that can be looked at.
func (p *Past) Span() PastSpan {
	s := PastSpan{Name: p.name, Live: p.live, Note: p.note}
	if p.steps == nil {
		s.Note = noPast
		return s
	}
	held := p.steps.Span()
	s.First, s.Last, s.FirstTime, s.LastTime = held.First, held.Last, held.FirstTime, held.LastTime
	if held.Note != "" {
		s.Note = held.Note
	}
	return s
}

// pastLimit bounds what is read of the steps at once.
const pastLimit = 1000

// After are the steps behind a place.
func (p *Past) After(seq int64, limit int) (PastSteps, error) {
	if p.steps == nil {
		return PastSteps{}, errNoPast
	}
	steps, _ := p.steps.After(seq, boundedLimit(limit))
	page := p.page(steps, seq)
	if len(steps) > 0 {
		page.Next = steps[len(steps)-1].Seq
	}
	return page, nil
}

// Before are the last steps before a place.
func (p *Past) Before(seq int64, limit int) (PastSteps, error) {
	if p.steps == nil {
		return PastSteps{}, errNoPast
	}
	steps := p.steps.Before(seq, boundedLimit(limit))
	page := p.page(steps, seq)
	if len(steps) > 0 {
		page.Next = steps[0].Seq
	}
	return page, nil
}

func boundedLimit(limit int) int {
	if limit <= 0 {
		return 100
	}
	return min(limit, pastLimit)
}

func (p *Past) page(steps []history.Step, next int64) PastSteps {
	page := PastSteps{Steps: make([]PastStep, len(steps)), Next: next}
	if span := p.steps.Span(); span.Last > 0 {
		page.Total = int(span.Last - span.First + 1)
	}
	for i, s := range steps {
		page.Steps[i] = pastStep(s)
	}
	return page
}

func pastStep(s history.Step) PastStep {
	return PastStep{Seq: s.Seq, TraceStep: shownStep(s.Step), Why: s.Why, Cause: s.Cause}
}

// Follow yields the steps behind a place, and then those that come, until ctx ends or the run is over.
func (p *Past) Follow(ctx context.Context, after int64) iter.Seq2[PastStep, error] {
	return func(yield func(PastStep, error) bool) {
		if p.steps == nil {
			yield(PastStep{}, errNoTrace)
			return
		}
		for seq := after; ; {
			steps, more := p.steps.After(seq, pastLimit)
			if len(steps) > 0 && steps[0].Seq > seq+1 && seq > 0 {
				if !yield(PastStep{}, fmt.Errorf("steps %d to %d are no longer held", seq+1, steps[0].Seq-1)) {
					return
				}
			}
			for _, s := range steps {
				if seq = s.Seq; !yield(pastStep(s), nil) {
					return
				}
			}
			switch {
			case len(steps) > 0:
			case more == nil, !either(ctx, more):
				return
			}
		}
	}
}

// FirstOf is the place before the first step that has a zxid or a later one.
func (p *Past) FirstOf(zxid int64) int64 {
	if p.steps == nil {
		return 0
	}
	return p.steps.FirstOf(zxid) - 1
}

// Why goes backwards from a step to its causes.
func (p *Past) Why(seq int64) ([]PastLink, error) {
	if p.steps == nil {
		return nil, errNoPast
	}
	chain := p.steps.Chain(seq)
	if len(chain) == 0 {
		return nil, p.notHeld(&history.NotHeldError{Seq: seq, Span: p.steps.Span()})
	}
	links := make([]PastLink, len(chain))
	for i, s := range chain {
		links[i] = PastLink{s.Seq, explain.Words(s.Step), s.Why}
	}
	links[len(links)-1].Why = ""
	return links, nil
}

// WriteRecord writes what is held of the run as a record, which can be replayed, judged and explained.
func (p *Past) WriteRecord(w io.Writer) error {
	if p.steps == nil {
		return errNoPast
	}
	header, err := headerStep(p.name, p.header, p.Span().FirstTime)
	if err != nil {
		return err
	}
	lines := json.NewEncoder(w)
	lines.SetEscapeHTML(false)
	if err := lines.Encode(header); err != nil {
		return err
	}
	for last := int64(0); ; {
		steps, reached := p.steps.Whole(last, pastLimit)
		for _, s := range steps {
			if err := lines.Encode(s); err != nil {
				return err
			}
		}
		if reached == last {
			return nil
		}
		last = reached
	}
}

// at has a look at the run as it was after a step; 0 is the last one.
func (p *Past) at(seq int64, look func(history.Past)) error {
	if p.steps == nil {
		return errNoPast
	}
	if seq == 0 {
		seq = p.steps.Span().Last
	}
	return p.notHeld(p.steps.At(seq, look))
}

func (p *Past) notHeld(err error) error {
	if _, is := errors.AsType[*history.NotHeldError](err); is {
		return fmt.Errorf("%w: %w", ErrBadExpression, err)
	}
	return err
}

// Replay is the past of a run of which a record tells; file names it in mistakes. A record that only lacks its end tells
// what there was before.
func Replay(r io.Reader, file string) (*Past, error) {
	rec, err := record.Read(r, file)
	p := &Past{name: rec.Name}
	if mistake, is := errors.AsType[*record.Mistake](err); is && mistake.Cut {
		p.note, err = mistake.Error(), nil
	}
	if err != nil {
		return nil, err
	}
	if rec.Header != nil {
		p.header = *rec.Header
	}
	if p.steps, err = history.New(history.Options{Header: p.header}); err != nil {
		return nil, err
	}
	notes := rec.Notes
	for rest := rec.Steps; len(rest) > 0; {
		n := record.Transaction(rest)
		for ; len(notes) > 0 && notes[0].After < len(rec.Steps)-len(rest)+n; notes = notes[1:] {
			p.steps.Note(notes[0].Note)
		}
		p.steps.Add(slices.Clone(rest[:n])...)
		rest = rest[n:]
	}
	for _, note := range notes {
		p.steps.Note(note.Note)
	}
	p.steps.End()
	return p, nil
}
