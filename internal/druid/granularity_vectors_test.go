package druid

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"os"
	"testing"
)

// granularityVector is a granularity and what Druid 0.14.0's PeriodGranularity, or
// another class, made of it.
type granularityVector struct {
	JSON  json.RawMessage `json:"json"`
	Error string          `json:"error"`
	Text  string          `json:"text"`
	Rows  [][]any         `json:"rows"` // instant, bucketStart, increment, as text, getIterable from the instant
}

// unlike are vectors where we differ, with the reason.
var unlike = map[string]string{
	`{"type":"period","period":"P-1D"}`:     "0.14.0 fails when the first bucket is asked for",
	`{"type":"period","period":{"days":1}}`: "a message of Jackson's Joda module with its own prose",
	`{"type":"period","period":["P1D"]}`:    "likewise",
	`null`:                                  "null is no granularity; who reads one says so",
	`5`:                                     "Jackson says which constructor is missing",
	`[]`:                                    "likewise",
	`true`:                                  "likewise",
}

func TestGranularityBucketsAreDruids(t *testing.T) {
	for _, v := range granularityVectors(t) {
		if unlike[string(v.JSON)] != "" {
			var g Granularity
			if err := json.Unmarshal(v.JSON, &g); err == nil && string(v.JSON) != "null" {
				t.Errorf("%s: got %v, want an error", v.JSON, g)
			}
			continue
		}
		var g Granularity
		err := g.UnmarshalJSON(v.JSON)
		if v.Error != "" {
			if err == nil || err.Error() != v.Error {
				t.Errorf("%s: got error %v, want %s", v.JSON, err, v.Error)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", v.JSON, err)
			continue
		}
		if text, err := g.MarshalJSON(); err != nil || string(text) != v.Text {
			t.Errorf("%s: written %s %v, want %s", v.JSON, text, err, v.Text)
		}
		for _, row := range v.Rows {
			checkGranularityRow(t, g, v.JSON, row)
		}
	}
}

func checkGranularityRow(t *testing.T, g Granularity, what json.RawMessage, row []any) {
	t.Helper()
	number := func(v any) Timestamp {
		n, err := v.(json.Number).Int64()
		if err != nil {
			t.Fatal(err)
		}
		return Timestamp(n)
	}
	at := number(row[0])
	start := g.Truncate(at)
	if len(row) == 2 { // Joda fails where a day has no midnight
		if start > at || g.Next(start) <= at {
			t.Errorf("%s: %s is in the bucket of %s", what, at, start)
		}
		return
	}
	if start != number(row[1]) || g.Next(start) != number(row[2]) || g.Format(start) != row[3] {
		t.Errorf("%s: bucket of %s: got %s to %s, %s; want %s to %s, %s", what, at, start, g.Next(start), g.Format(start), number(row[1]), number(row[2]), row[3])
	}
	if g.IsAll() {
		return
	}
	one := g.Bucket(at)
	for i, v := range row[4].([]any) {
		if want := number(v); one.Start != want {
			t.Errorf("%s: bucket %d from %s on: got %s, want %s", what, i, at, one.Start, want)
			return
		}
		if g.Even() && g.Truncate(one.Start) != one.Start {
			t.Errorf("%s is even, and the bucket of %s begins at %s", what, one.Start, g.Truncate(one.Start))
		}
		one = Interval{one.End, g.Next(one.End)}
	}
}

func granularityVectors(t *testing.T) []granularityVector {
	t.Helper()
	f, err := os.Open("testdata/granularities.jsonl.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var all []granularityVector
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		d := json.NewDecoder(bytes.NewReader(lines.Bytes()))
		d.UseNumber()
		var v granularityVector
		if err := d.Decode(&v); err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	if len(all) < 500 {
		t.Fatalf("%d vectors", len(all))
	}
	return all
}
