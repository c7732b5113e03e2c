package query

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestDimensionsAreNamesOrPlainSpecs(t *testing.T) {
	for _, test := range []struct{ spec, name, output string }{
		{`"origin"`, "origin", "origin"},
		{`{"type":"default","dimension":"origin","outputName":"from"}`, "origin", "from"},
		{`{"type":"LegacyDimensionSpec","dimension":"origin","outputName":"origin","outputType":"STRING"}`, "origin", "origin"},
	} {
		name, output, err := parseDimension(json.RawMessage(test.spec))
		if err != nil || name != test.name || output != test.output {
			t.Errorf("%s: got %q as %q, %v, want %q as %q", test.spec, name, output, err, test.name, test.output)
		}
	}
	for _, spec := range []string{`""`, `{"type":"extraction","dimension":"origin"}`, `{"type":"default","dimension":"origin","outputType":"LONG"}`} {
		if _, _, err := parseDimension(json.RawMessage(spec)); err == nil {
			t.Errorf("%s: got no error, want it refused", spec)
		}
	}
}

func TestTopNMetricIsANameOrASpec(t *testing.T) {
	for _, spec := range []string{`"delay"`, `{"type":"numeric","metric":"delay"}`, `{"type":"LegacyTopNMetricSpec","metric":"delay"}`} {
		m, err := parseMetricSpec(json.RawMessage(spec))
		if err != nil || m.field != "delay" || m.inverted {
			t.Errorf("%s: got %+v, %v, want the metric delay", spec, m, err)
		}
	}
	for _, spec := range []string{`{"type":"numeric"}`, `{"type":"inverted","metric":null}`,
		`{"type":"numeric","metric":{"type":"dimension"}}`, `{"type":"numeric","metric":{"type":"inverted","metric":"delay"}}`} {
		if m, err := parseMetricSpec(json.RawMessage(spec)); err == nil {
			t.Errorf("%s: got %+v, want it refused", spec, m)
		}
	}
}

func TestTopNMetricMayHaveAnEmptyName(t *testing.T) {
	_, err := Parse([]byte(`{"queryType":"topN","dataSource":"wiki","granularity":"all","intervals":["2014-01-01/P1D"],"dimension":"page",` +
		`"metric":"","threshold":1,"aggregations":[{"type":"count","name":"rows"}]}`))
	if err == nil || !strings.Contains(err.Error(), "for metric[]") {
		t.Errorf("got %v, want an error: no aggregator of that name", err)
	}
	all := []topNEntry{{value: "a", by: 1}, {value: "b", by: 2}}
	if got := (topNMetric{}).highest(all, 1); len(got) != 1 || got[0].value != "b" {
		t.Errorf("got %+v, want the value b, whose number is the highest", got)
	}
}

func TestAnOrderingIsANameOrAnObject(t *testing.T) {
	for spec, want := range map[string]ordering{`"numeric"`: "numeric", `{"type":"lexicographic"}`: "lexicographic", `null`: ""} {
		var got ordering
		if err := json.Unmarshal([]byte(spec), &got); err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", spec, got, err, want)
		}
	}
	var got ordering
	if err := json.Unmarshal([]byte(`7`), &got); err == nil {
		t.Errorf("7: got %q, want it refused", got)
	}
}
