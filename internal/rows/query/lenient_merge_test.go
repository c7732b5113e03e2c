package query

import (
	"encoding/json"
	"testing"
)

// TestLenientAggregators merges as SegmentMetadataQueryQueryToolChest.mergeAnalyses
// does.
func TestLenientAggregators(t *testing.T) {
	const n, m, other = `{"type":"longSum","name":"n"}`, `{"type":"longSum","name":"m"}`, `{"type":"doubleSum","name":"n"}`
	for _, tt := range []struct{ a, b, want string }{
		{``, ``, ``},
		{`null`, `null`, ``},
		{`{"n":` + n + `}`, ``, `{"n":` + n + `}`},
		{`null`, `{"n":` + n + `}`, `{"n":` + n + `}`},
		{`{"n":` + n + `}`, `{"n":` + n + `}`, `{"n":` + n + `}`},
		{`{"n":` + n + `}`, `{"m":` + m + `}`, `{"m":` + m + `,"n":` + n + `}`},
		{`{"n":` + n + `}`, `{"n":` + other + `,"m":` + m + `}`, `{"m":` + m + `,"n":null}`},
		{`{"n":null}`, `{"n":` + other + `}`, `{"n":` + other + `}`},
		{`{"n":` + n + `}`, `{"n":null}`, `{"n":null}`},
	} {
		if got := string(lenientAggregators(json.RawMessage(tt.a), json.RawMessage(tt.b))); got != tt.want {
			t.Errorf("%s and %s: got %s, want %s", tt.a, tt.b, got, tt.want)
		}
	}
}

// TestEmptyStringsInLists: to GenericIndexed.get a value of no bytes is null, even
// among others of a row.
func TestEmptyStringsInLists(t *testing.T) {
	got := string(writeValue(manyValues([]string{"", "a", "", "b"})))
	if want := `[null,"a",null,"b"]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
