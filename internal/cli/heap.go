package cli

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// A server's heap is mostly live, so that the doubling which Go allows by default
// would be as large as all its nodes. The collector runs when this much, or this
// part of what lives, is new.
const (
	heapHeadroom     = 32 << 20
	heapHeadroomPart = 10
	mostGCPercent    = 400
)

// A heap that grows, as that of a server which reads its data, is looked at often.
const (
	heapLookSoonest = 20 * time.Millisecond
	heapLookLatest  = 500 * time.Millisecond
)

// keepHeapClose keeps the heap of a process that does nothing but serve close to
// what lives in it, until ctx ends.
func keepHeapClose(ctx context.Context) {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	wait := time.NewTimer(0)
	defer wait.Stop()
	pause := heapLookSoonest
	for last := -1; ; {
		select {
		case <-wait.C:
		case <-ctx.Done():
			return
		}
		metrics.Read(sample)
		pause = min(2*pause, heapLookLatest)
		if now := gcPercent(sample[0].Value.Uint64()); now != last {
			debug.SetGCPercent(now)
			last, pause = now, heapLookSoonest
		}
		wait.Reset(pause)
	}
}

// gcPercent is how much may be new before the collector runs, in percent of what
// lives; in steps, for every change costs a pause.
func gcPercent(live uint64) int {
	room := max(heapHeadroom, live/heapHeadroomPart)
	percent := int(100 * room / max(live, 1))
	return min(mostGCPercent, (percent+2)/5*5)
}
