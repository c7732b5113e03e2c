package druid

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestFinerGranularitiesAreThoseOfJava has one instant's buckets by what
// granularitiesFinerThan of Druid 0.14.0 returned.
func TestFinerGranularitiesAreThoseOfJava(t *testing.T) {
	data, err := os.ReadFile("testdata/granularities-finer.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	at, err := ParseTimestamp("2020-03-08T09:10:11Z")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		var java struct {
			JSON    Granularity
			Buckets []string
		}
		if err := json.Unmarshal([]byte(line), &java); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, g := range java.JSON.Finer() {
			got = append(got, g.Bucket(at).String())
		}
		if !slices.Equal(got, java.Buckets) {
			t.Errorf("%s\ngot  %v\nwant %v", line, got, java.Buckets)
		}
	}
}

func TestTheBucketOfASegmentHoldsItsRow(t *testing.T) {
	for _, v := range granularityVectors(t) {
		var g Granularity
		if unlike[string(v.JSON)] != "" || v.Error != "" || json.Unmarshal(v.JSON, &g) != nil || g.IsNone() || g.IsAll() {
			continue
		}
		for at := Timestamp(-3e12); at < 3e12; at += 7e10 + 12_345_678 {
			if b := g.Holding(at); !b.Holds(at) {
				t.Errorf("%s: %s is put into %s", v.JSON, at, b)
			}
		}
	}
}
