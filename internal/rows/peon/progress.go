package peon

import (
	"sync"

	"oakmoot/internal/run/clock"
)

// Phases of an ingestion: IngestionState of Druid.
const (
	notStarted          = "NOT_STARTED"
	determinePartitions = "DETERMINE_PARTITIONS"
	buildSegments       = "BUILD_SEGMENTS"
	completed           = "COMPLETED"
)

// progress is how far an index task has come. The task writes it, and chat
// requests read it.
type progress struct {
	clock    *clock.Clock
	maxSaved int // unparseable events kept per phase; 0 keeps no list at all

	mu          sync.Mutex // guards the variables below
	state       string
	determining phaseProgress
	building    phaseProgress
}

type phaseProgress struct {
	meters rowMeters
	saved  []string // newest last
}

// The outcomes of one row.
type outcome int

const (
	processed outcome = iota
	processedWithError
	unparseable
	thrownAway
)

func newProgress(by *clock.Clock, maxSaved int) *progress {
	return &progress{clock: by, maxSaved: maxSaved, state: notStarted}
}

func (p *progress) enter(state string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.state = state
}

// in reports whether that is the current phase.
func (p *progress) in(state string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state == state
}

// row counts a row of the current phase. The message, if any, says why it could not be
// parsed; the returned number is how many such rows the phase has had.
func (p *progress) row(o outcome, message string) (failures int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	phase := &p.building
	if p.state == determinePartitions {
		phase = &p.determining
	}
	m := &phase.meters
	now := p.clock.Now()
	switch o {
	case processed:
		m.processed.mark(now)
	case processedWithError:
		m.processedWithError.mark(now)
	case unparseable:
		m.unparseable.mark(now)
	case thrownAway:
		m.thrownAway.mark(now)
	}
	if message != "" && p.maxSaved > 0 {
		if len(phase.saved) >= p.maxSaved {
			phase.saved = phase.saved[1:]
		}
		phase.saved = append(phase.saved, message)
	}
	return m.unparseable.count + m.processedWithError.count
}

// byPhase holds something for each phase, in the order of Java's map; nil is left out.
type byPhase[T any] struct {
	Determine *T `json:"determinePartitions,omitempty"`
	Build     *T `json:"buildSegments,omitempty"`
}

// phases selects what to show: both phases, or the current one.
func phases[T any](state string, full bool, determine, build *T) byPhase[T] {
	var picked byPhase[T]
	if full || state == determinePartitions {
		picked.Determine = determine
	}
	if full || state == buildSegments || state == completed {
		picked.Build = build
	}
	return picked
}

// rowStats answers the chat request of that name.
type rowStats struct {
	MovingAverages byPhase[movingAverages] `json:"movingAverages"`
	Totals         byPhase[rowTotals]      `json:"totals"`
}

func (p *progress) rowStats(full bool) rowStats {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.clock.Now()
	dt, bt := p.determining.meters.totals(), p.building.meters.totals()
	da, ba := p.determining.meters.averages(now), p.building.meters.averages(now)
	return rowStats{phases(p.state, full, &da, &ba), phases(p.state, full, &dt, &bt)}
}

// unparseableEvents answers the chat request of that name: the messages, newest first,
// or null when none are kept.
func (p *progress) unparseableEvents(full bool) byPhase[[]string] {
	p.mu.Lock()
	defer p.mu.Unlock()
	d, b := p.messages(p.determining), p.messages(p.building)
	return phases(p.state, full, &d, &b)
}

// messages is called with the lock held.
func (p *progress) messages(phase phaseProgress) []string {
	if p.maxSaved <= 0 {
		return nil
	}
	newestFirst := make([]string, 0, len(phase.saved))
	for i := len(phase.saved) - 1; i >= 0; i-- {
		newestFirst = append(newestFirst, phase.saved[i])
	}
	return newestFirst
}
