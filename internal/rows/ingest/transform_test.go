package ingest

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// transformed is a record and what TransformSpec of Druid 0.14.0 made of it.
type transformed struct {
	TransformSpec json.RawMessage
	Record        string
	Refused       string // by a constructor
	Start         string // when the parser is made
	Failed        string // when the record is parsed
	Filtered      bool
	Time          int64
	TimeError     string
	Dims          map[string]any    // lists, or ! and an exception
	Metrics       map[string]string // as Java writes them, or ! and an exception
}

const transformedParseSpec = `{"format":"json","timestampSpec":{"column":"t","format":"auto"},
	"dimensionsSpec":{"dimensions":["a","b","c","tags"]},
	"flattenSpec":{"useFieldDiscovery":true,"fields":[{"type":"path","name":"deep","expr":"$.o.x"}]}}`

// notOverRows are filters that are not supported, and refused.
var notOverRows = []string{"columnComparison", `"search"`}

func TestRowsAreTransformedAsDruidDoes(t *testing.T) {
	f, err := os.Open("testdata/transform.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := 0
	for lines := bufio.NewScanner(f); lines.Scan(); n++ {
		var want transformed
		if err := json.Unmarshal(lines.Bytes(), &want); err != nil {
			t.Fatal(err)
		}
		checkTransformed(t, want)
	}
	if n < 100 {
		t.Errorf("%d vectors, want at least 100", n)
	}
}

func checkTransformed(t *testing.T, want transformed) {
	t.Helper()
	spec := string(want.TransformSpec)
	s, err := ParseSchema(fmt.Appendf(nil, `{"dataSource":"d","parser":{"type":"string","parseSpec":%s},"metricsSpec":[],"transformSpec":%s}`, transformedParseSpec, spec))
	unsupported := slices.ContainsFunc(notOverRows, func(kind string) bool { return strings.Contains(spec, kind) })
	if want.Refused != "" || unsupported {
		if err == nil {
			t.Errorf("%s: taken, want it refused: %s", spec, want.Refused)
		}
		return
	}
	if err != nil {
		t.Errorf("%s: %v", spec, err)
		return
	}
	p, err := s.NewParser()
	grammar := strings.Contains(spec, `"b +"`) // Druid carries on, and fails at each row
	if want.Start != "" || grammar {
		if err == nil {
			t.Errorf("%s: started, want it to fail: %s", spec, want.Start)
		}
		return
	}
	if err != nil {
		t.Errorf("%s: %v", spec, err)
		return
	}
	row, err := p.Parse(want.Record)
	var bad *ParseError
	switch {
	case want.Filtered:
		if !errors.Is(err, ErrFiltered) {
			t.Errorf("%s: got %v, want it left out", spec, err)
		}
	case want.TimeError != "", strings.Contains(want.Failed, "ParseException"):
		if !errors.As(err, &bad) {
			t.Errorf("%s: got %v, want a ParseError", spec, err)
		}
	case want.Failed != "", failsOverDimensions(want):
		if err == nil || errors.As(err, &bad) {
			t.Errorf("%s: got %v, want a failure: %s", spec, err, want.Failed)
		}
	case err != nil:
		t.Errorf("%s: %v", spec, err)
	default:
		checkRow(t, spec, row, want)
	}
}

func failsOverDimensions(want transformed) bool {
	for _, v := range want.Dims {
		if _, failed := v.(string); failed {
			return true
		}
	}
	return false
}

func checkRow(t *testing.T, spec string, row Row, want transformed) {
	t.Helper()
	if int64(row.Time) != want.Time {
		t.Errorf("%s: time %d, want %d", spec, row.Time, want.Time)
	}
	for name, values := range want.Dims {
		if got := fmt.Sprint(row.Values(name)); got != fmt.Sprint(values) {
			t.Errorf("%s: dimension %s is %s, want %v", spec, name, got, values)
		}
	}
	for name, wanted := range want.Metrics {
		v, err := row.number(name)
		got := text(v)
		if err != nil {
			got = "!ParseException"
		}
		if got != wanted {
			t.Errorf("%s: metric %s is %s, want %s", spec, name, got, wanted)
		}
	}
}

func TestUnknownFunctionIsReportedInDruidsWords(t *testing.T) {
	s, err := ParseSchema(fmt.Appendf(nil, `{"dataSource":"d","parser":{"type":"string","parseSpec":%s},"metricsSpec":[],
		"transformSpec":{"transforms":[{"type":"expression","name":"a","expression":"nofn(n)"}]}}`, transformedParseSpec))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.newTransformer(); err == nil || err.Error() != "function 'nofn' is not defined." {
		t.Errorf("got %v, want the words of Parser", err)
	}
}
