package tree

import "testing"

// FuzzQuota reads limits, and writes usage so that it is read back.
func FuzzQuota(f *testing.F) {
	f.Add([]byte("count=1,bytes=2=;byteHardLimit=3;countHardLimit=4"), int64(5), int64(6))
	f.Add([]byte("=;=;=,"), int64(-1), int64(0))
	f.Fuzz(func(t *testing.T, text []byte, count, bytes int64) {
		got := parseQuota(setUsage(text, count, bytes))
		if got["count"] != count || got["bytes"] != bytes {
			t.Errorf("usage of %q: got %v, want %d and %d", text, got, count, bytes)
		}
	})
}
