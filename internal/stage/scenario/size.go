package scenario

import (
	"fmt"
	"strconv"
	"strings"
)

var sizeUnits = []struct {
	suffix string
	bytes  int64
}{
	{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10},
	{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"KB", 1e3}, {"B", 1},
}

// ParseSize reads a whole or decimal number of bytes, followed by a unit.
func ParseSize(text string) (bytes int64, err error) {
	for _, u := range sizeUnits {
		number, ok := strings.CutSuffix(text, u.suffix)
		if !ok {
			continue
		}
		f, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if err != nil || !(f >= 0 && f*float64(u.bytes) < 1<<62) {
			break
		}
		return int64(f * float64(u.bytes)), nil
	}
	return 0, fmt.Errorf("not a size with a unit (B, KiB, MiB, GiB, TiB, KB, MB, GB, TB): %q", text)
}
