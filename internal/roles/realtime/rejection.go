package realtime

import (
	"fmt"
	"time"

	"oakmoot/internal/druid"
)

// rejection decides which rows are too late or too early, and how far the stream's time
// has come: RejectionPolicy.
type rejection interface {
	// accept reports whether to take a row of time t when the wall clock says now.
	accept(t, now druid.Timestamp) bool
	// clock is the time that the rows have reached. Sinks that end a window before it
	// are handed off.
	clock(now druid.Timestamp) druid.Timestamp
}

func newRejection(kind string, window time.Duration) (rejection, error) {
	w := druid.Timestamp(window.Milliseconds())
	switch kind {
	case "", "serverTime":
		return serverTime{w}, nil
	case "messageTime":
		return &messageTime{window: w}, nil
	case "none":
		return noRejection{}, nil
	}
	return nil, fmt.Errorf("rejectionPolicy of type %q is not known", kind)
}

// serverTime takes rows within a window of the wall clock.
type serverTime struct{ window druid.Timestamp }

func (p serverTime) accept(t, now druid.Timestamp) bool {
	return now-p.window <= t && t <= now+p.window
}

func (p serverTime) clock(now druid.Timestamp) druid.Timestamp { return now }

// messageTime takes rows at most a window behind the newest one, so that a stream of
// the past can be read.
type messageTime struct {
	window, newest druid.Timestamp
}

func (p *messageTime) accept(t, _ druid.Timestamp) bool {
	p.newest = max(p.newest, t)
	return t >= p.newest-p.window
}

func (p *messageTime) clock(druid.Timestamp) druid.Timestamp { return p.newest }

// noRejection takes every row and hands nothing off before the stream ends.
type noRejection struct{}

func (noRejection) accept(druid.Timestamp, druid.Timestamp) bool { return true }
func (noRejection) clock(druid.Timestamp) druid.Timestamp        { return 0 }

// handoffLimit is the time before which a sink must start in order to be handed off:
// RealtimePlumber.mergeAndPush.
func handoffLimit(buckets druid.Granularity, window time.Duration, clock druid.Timestamp) druid.Timestamp {
	w := druid.Timestamp(window.Milliseconds())
	return buckets.Truncate(max(w, clock) - w)
}

// nextPass is when the next sink can be due: a window after the end of its bucket.
func nextPass(buckets druid.Granularity, window time.Duration, now time.Time) time.Time {
	return buckets.Bucket(druid.At(now.Add(-window))).End.Time().Add(window)
}
