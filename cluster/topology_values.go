package cluster

import (
	"fmt"
	"strconv"
	"strings"

	"oakmoot/internal/stage/scenario"
)

// Span is a duration, or a multiple of the session timeout ("1.5x session_timeout").
type Span = scenario.Span

// Size is a number of bytes with a unit, such as "64MiB".
type Size struct {
	Bytes int64
	Set   bool
}

var sizeUnits = []struct {
	suffix string
	bytes  int64
}{
	{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10},
	{"GB", 1e9}, {"MB", 1e6}, {"KB", 1e3}, {"B", 1},
}

// UnmarshalText reads a whole or decimal number followed by a unit.
func (s *Size) UnmarshalText(text []byte) error {
	for _, u := range sizeUnits {
		number, ok := strings.CutSuffix(string(text), u.suffix)
		if !ok {
			continue
		}
		f, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if err != nil || f < 0 {
			break
		}
		s.Bytes, s.Set = int64(f*float64(u.bytes)), true
		return nil
	}
	return fmt.Errorf("not a size with a unit (B, KiB, MiB, GiB, KB, MB, GB): %q", text)
}
