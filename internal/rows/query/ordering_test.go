package query

import (
	"compress/gzip"
	"encoding/json"
	"os"
	"testing"
)

// TestOrderingsAreThoseOfJava compares every string with every other, as
// StringComparators of Druid 0.14.0 did.
func TestOrderingsAreThoseOfJava(t *testing.T) {
	f, err := os.Open("testdata/orders.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var java map[string][]string
	if err := json.NewDecoder(r).Decode(&java); err != nil {
		t.Fatal(err)
	}
	texts := java["strings"]
	for name, compare := range orderings {
		for i, a := range texts {
			for j, b := range texts {
				got := "<=>"[1+max(-1, min(1, compare(a, b)))]
				if want := java[string(name)][i][j]; got != want {
					t.Errorf("%s: %q %c %q, want %c", name, a, got, b, want)
				}
			}
		}
	}
}
