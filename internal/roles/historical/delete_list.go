package historical

import (
	"slices"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/clock"
)

// deleteList is the segments that are no longer announced and whose files will be deleted:
// SegmentLoadDropHandler.segmentsToDelete.
type deleteList struct {
	clock *clock.Clock
	delay time.Duration                 // druid.segmentCache.dropSegmentDelayMillis
	due   map[druid.SegmentID]time.Time // by the clock's steady reading

	// byFirst has a segment deleted by the timer of an earlier drop that a load has
	// overtaken: a bug, for the museum.
	byFirst bool
	timers  map[druid.SegmentID]time.Time
}

func newDeleteList(by *clock.Clock, delay time.Duration) *deleteList {
	return &deleteList{clock: by, delay: delay, due: make(map[druid.SegmentID]time.Time), timers: make(map[druid.SegmentID]time.Time)}
}

func (d *deleteList) add(id druid.SegmentID) {
	now := d.clock.Steady()
	d.due[id] = now.Add(d.delay)
	if !d.byFirst {
		return
	}
	if first := d.timers[id]; first.After(now) {
		d.due[id] = first
	}
	d.timers[id] = d.due[id]
}

func (d *deleteList) remove(id druid.SegmentID) { delete(d.due, id) }

// take removes the segments whose delay is over, and returns them in order.
func (d *deleteList) take(now time.Time) []druid.SegmentID {
	var over []druid.SegmentID
	for id, at := range d.due {
		if !now.Before(at) {
			over = append(over, id)
		}
	}
	for _, id := range over {
		delete(d.due, id)
	}
	slices.SortFunc(over, druid.SegmentID.Compare)
	return over
}

// wait is how long it takes until a segment is due, but never more than most.
func (d *deleteList) wait(most time.Duration) time.Duration {
	for _, at := range d.due {
		most = min(most, max(0, at.Sub(d.clock.Steady())))
	}
	return most
}
