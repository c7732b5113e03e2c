package query

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestTopNKeepsWhatJavaKeeps has entries in the order in which they come, and what the
// result builders of Druid 0.14.0 made of them.
func TestTopNKeepsWhatJavaKeeps(t *testing.T) {
	data, err := os.ReadFile("testdata/topn-builders.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		var java struct {
			Metric    json.RawMessage
			Threshold int
			Entries   [][2]any
			Kept      []*string
		}
		if err := json.Unmarshal([]byte(line), &java); err != nil {
			t.Fatal(err)
		}
		metric, err := parseMetricSpec(java.Metric)
		if err != nil {
			t.Errorf("%s: %v", java.Metric, err)
			continue
		}
		var all []topNEntry
		for _, e := range java.Entries {
			value, _ := e[0].(string)
			all = append(all, topNEntry{value: value, by: e[1].(float64)})
		}
		var got, want []string
		for _, e := range metric.highest(all, java.Threshold) {
			got = append(got, e.value)
		}
		for _, v := range java.Kept {
			want = append(want, orEmpty(v))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s of %v: got %q, want %q", java.Metric, java.Entries, got, want)
		}
	}
}
