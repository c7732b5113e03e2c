package worldtest

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"oakmoot/internal/druid"
)

// Day is a day of January 2019.
func Day(n int) druid.Interval {
	start := druid.At(time.Date(2019, 1, n, 0, 0, 0, 0, time.UTC))
	return druid.Interval{Start: start, End: start + 86_400_000}
}

// Announced are the segments in a server's batch nodes, as JSON, sorted.
func (w *World) Announced(server string) []json.RawMessage {
	w.T.Helper()
	found := []json.RawMessage{}
	names, err := w.Conn.Children(w.T.Context(), w.Paths.SegmentsOf(server))
	if err != nil {
		return found
	}
	for _, name := range names {
		data, _, err := w.Conn.Get(w.T.Context(), w.Paths.Segment(server, name))
		if err != nil {
			continue // gone since it was listed
		}
		var segments []json.RawMessage
		if err := json.Unmarshal(druid.Gunzip(data), &segments); err != nil {
			w.T.Fatalf("%s: %v", name, err)
		}
		found = append(found, segments...)
	}
	slices.SortFunc(found, func(a, b json.RawMessage) int { return strings.Compare(string(a), string(b)) })
	return found
}
