package cli

import (
	"regexp"
	"strings"
	"time"

	"oakmoot/internal/door/terminal"
)

// segmentID is a segment's identifier in a text: datasource, start, end, version and, unless it is 0, the partition.
var segmentID = regexp.MustCompile(`([^\s"'=,/]+?)_(\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)_(\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)_([^\s"',/]+)`)

// idsFor is how identifiers in lines are written: whole, where nobody looks or somebody wants them so, and short
// otherwise.
func idsFor(out *terminal.Output, wide bool) func(string) string {
	if wide || out.Size == nil {
		return func(text string) string { return text }
	}
	return shortIDs
}

// fitting is a line, cut where the screen ends unless somebody wants it whole.
func fitting(out *terminal.Output, wide bool, line string) string {
	if wide {
		return line
	}
	return terminal.Cut(line, out.Width())
}

// shortIDs is a text with every segment's identifier in it shortened:
// flights_2001-03-01T00:00:00.000Z_2001-04-01T00:00:00.000Z_2026-11-30T17:42:53.343Z_1 is flights_2001-03-01/P1M_…53.343Z_1.
func shortIDs(text string) string {
	return segmentID.ReplaceAllStringFunc(text, func(id string) string {
		m := segmentID.FindStringSubmatch(id)
		start, err := time.Parse(time.RFC3339, m[2])
		end, err2 := time.Parse(time.RFC3339, m[3])
		if err != nil || err2 != nil {
			return id
		}
		return m[1] + "_" + shortTime(start) + "/" + shortSpan(start, end) + "_" + shortVersion(m[4])
	})
}

// shortIDsOf are the identifiers of a list, shortened; those that would look the same stay whole.
func shortIDsOf(shorten func(string) string, ids []string) []string {
	short, seen := make([]string, len(ids)), map[string]int{}
	for i, id := range ids {
		short[i] = shorten(id)
		seen[short[i]]++
	}
	for i, id := range ids {
		if seen[short[i]] > 1 {
			short[i] = id
		}
	}
	return short
}

// shortTime leaves out what is zero at the end.
func shortTime(t time.Time) string {
	text := t.Format("2006-01-02T15:04:05.000")
	for _, zeros := range []string{".000", ":00", "T00:00"} {
		cut, zero := strings.CutSuffix(text, zeros)
		if !zero {
			break
		}
		text = cut
	}
	return text
}

// spans are the lengths of intervals that have a name.
var spans = []struct {
	name                string
	years, months, days int
	clock               time.Duration
}{
	{"P1Y", 1, 0, 0, 0}, {"P3M", 0, 3, 0, 0}, {"P1M", 0, 1, 0, 0}, {"P1W", 0, 0, 7, 0}, {"P1D", 0, 0, 1, 0},
	{"PT6H", 0, 0, 0, 6 * time.Hour}, {"PT1H", 0, 0, 0, time.Hour}, {"PT30M", 0, 0, 0, 30 * time.Minute}, {"PT15M", 0, 0, 0, 15 * time.Minute},
	{"PT10M", 0, 0, 0, 10 * time.Minute}, {"PT5M", 0, 0, 0, 5 * time.Minute}, {"PT1M", 0, 0, 0, time.Minute}, {"PT1S", 0, 0, 0, time.Second},
}

// shortSpan is an interval's length, or its end if the length has no name.
func shortSpan(start, end time.Time) string {
	for _, s := range spans {
		if start.AddDate(s.years, s.months, s.days).Add(s.clock).Equal(end) {
			return s.name
		}
	}
	return shortTime(end)
}

// versionShown is how many characters of a version are told apart at a glance: seconds and their parts, 53.343Z.
const versionShown = len("53.343Z")

// shortVersion keeps the end of a version that is a time, and the partition behind it.
func shortVersion(text string) string {
	version, partition, _ := strings.Cut(text, "_")
	if _, err := time.Parse(time.RFC3339, version); err == nil {
		version = "…" + version[len(version)-versionShown:]
	}
	if partition != "" {
		version += "_" + partition
	}
	return version
}
