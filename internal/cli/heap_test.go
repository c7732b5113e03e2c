package cli

import "testing"

func TestCollectorLeavesLittleThatIsNotAlive(t *testing.T) {
	for live, want := range map[uint64]int{0: 400, 4 << 20: 400, 16 << 20: 200, 64 << 20: 50, 250 << 20: 10, 4 << 30: 10} {
		if got := gcPercent(live); got != want {
			t.Errorf("%d MiB live: got %d %%, want %d", live>>20, got, want)
		}
	}
}
