package cli

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

// A server's heap is mostly live, so the doubling that Go allows by default would cost as much memory as all its
// nodes. The collector runs once heapHeadroom, or the fraction heapHeadroomPart of the live heap, is new. A small
// heap may double, up to heapModest.
const (
	heapModest       = 192 << 20
	heapHeadroom     = 32 << 20
	heapHeadroomPart = 10
	mostGCPercent    = 400
)

// keepHeapClose keeps the heap of a process that does nothing but serve close to its live size, until stop is called.
// It adjusts after every collection, since only then is the live size known.
func keepHeapClose() (stop func()) {
	var mu sync.Mutex // guards the variables below
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	percent := gcPercent(0)
	before := debug.SetGCPercent(percent)
	ended := false
	afterEachCollection(func() (again bool) {
		mu.Lock()
		defer mu.Unlock()
		if ended {
			return false
		}
		metrics.Read(sample)
		if now := gcPercent(sample[0].Value.Uint64()); now != percent {
			debug.SetGCPercent(now)
			percent = now
		}
		return true
	})
	return func() {
		mu.Lock()
		defer mu.Unlock()
		ended = true
		debug.SetGCPercent(before)
	}
}

// gcPercent is how much may be allocated before the collector runs, in percent of the live heap; in steps, because
// every change costs a pause.
func gcPercent(live uint64) int {
	room := max(heapHeadroom, live/heapHeadroomPart)
	if live < heapModest {
		room = max(room, min(live, heapModest-live))
	}
	percent := int(100 * room / max(live, 1))
	return min(mostGCPercent, (percent+2)/5*5)
}

// afterEachCollection calls f after every garbage collection, until f says that it has seen enough. f runs where
// finalizers run, and must not block.
func afterEachCollection(f func() (again bool)) {
	type garbage struct{ self *garbage } // with a pointer; otherwise it would share its block with other small objects
	var collected func(g *garbage)
	collected = func(g *garbage) {
		if f() {
			runtime.SetFinalizer(g, collected)
		}
	}
	runtime.SetFinalizer(new(garbage), collected)
}
