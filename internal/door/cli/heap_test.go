package cli

import (
	"runtime"
	"runtime/metrics"
	"testing"
)

func TestCollectorLeavesLittleGarbage(t *testing.T) {
	for live, want := range map[uint64]int{
		0: 400, 4 << 20: 400, 16 << 20: 200, 64 << 20: 100, 96 << 20: 100, 128 << 20: 50, 160 << 20: 20, 250 << 20: 10, 4 << 30: 10,
	} {
		if got := gcPercent(live); got != want {
			t.Errorf("%d MiB live: got %d %%, want %d", live>>20, got, want)
		}
	}
}

func TestCollectorTargetFollowsTheLiveHeap(t *testing.T) {
	before := percentNow()
	stop := keepHeapClose()
	if got := percentNow(); got != mostGCPercent {
		t.Errorf("at first: got %d %%, want %d", got, mostGCPercent)
	}
	nodes := make([]byte, 160<<20)
	for percentNow() > 30 {
		runtime.GC()
	}
	runtime.KeepAlive(nodes)
	nodes = nil
	for percentNow() <= 100 {
		runtime.GC()
	}
	stop()
	if got := percentNow(); got != before {
		t.Errorf("at the end: got %d %%, want %d as before", got, before)
	}
	runtime.GC()
	runtime.GC()
	if got := percentNow(); got != before {
		t.Errorf("after another collection: got %d %%, want %d", got, before)
	}
}

// percentNow is the collector's current target.
func percentNow() int {
	sample := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	metrics.Read(sample)
	return int(sample[0].Value.Uint64())
}
