package ingest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/segment"
)

// rowCase is a parser, metrics and lines, and what StringInputRowParser and
// OnheapIncrementalIndex of 0.14.0 made of them: the error that kept the parser from
// being made, or for each line its row and what could not be read of it, and the rows
// of the index, without nulls.
type rowCase struct {
	Parser  json.RawMessage  `json:"parser"`
	Metrics json.RawMessage  `json:"metrics"`
	Rollup  bool             `json:"rollup"`
	Lines   []string         `json:"lines"`
	Error   string           `json:"error"`
	Rows    [][]string       `json:"rows"`
	Index   []map[string]any `json:"index"`
}

// ownWords are errors whose words differ from the JVM's, Jackson's or
// java.util.regex's, and checks that we do not make, by a part of Java's message.
var ownWords = map[string]string{
	`because "column" is null`:                 illegalArgument + ": Instantiation of [simple type, class " + implPackage + `CSVParseSpec] value failed: a column has no name (through reference chain: ` + implPackage + `StringInputRowParser["parseSpec"])`,
	`because "s" is null`:                      illegalArgument + ": Instantiation of [simple type, class " + implPackage + `DimensionsSpec] value failed: a dimension has no name (through reference chain: ` + implPackage + `StringInputRowParser["parseSpec"]->` + implPackage + `JSONParseSpec["dimensionsSpec"])`,
	`because "this.pattern" is null`:           nullPointer + ": parseSpec of format regex requires pattern",
	"Unclosed group near":                      patternSyntax + ": error parsing regexp: missing closing ): `(\\d+`",
	"problem: No enum constant":                illegalArgument + ": dataSchema: No enum constant org.apache.druid.data.input.impl.DimensionSchema.MultiValueHandling.NOPE",
	"from Integral number":                     illegalArgument + ": dataSchema: json: cannot unmarshal number into Go struct field dimensionsSpec.parseSpec.dimensionsSpec.dimensions of type ingest.plain",
	"StringInputRowParser] value failed: nope": "<nil>", // encoding: text is always UTF-8
}

func TestLinesBecomeTheRowsOfDruid(t *testing.T) {
	data, err := os.ReadFile("testdata/rows.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	for n, line := range bytes.Split(bytes.TrimSpace(data), []byte("\n")) {
		t.Run(fmt.Sprint(n+1), func(t *testing.T) {
			var c rowCase
			if err := json.Unmarshal(line, &c); err != nil {
				t.Fatal(err)
			}
			c.check(t)
		})
	}
}

func (c rowCase) check(t *testing.T) {
	if c.Metrics == nil {
		c.Metrics = json.RawMessage("[]")
	}
	s, err := ParseSchema(fmt.Appendf(nil, `{"dataSource":"x","parser":%s,"metricsSpec":%s,"granularitySpec":{"queryGranularity":"NONE","rollup":%v}}`, c.Parser, c.Metrics, c.Rollup))
	var p *Parser
	if err == nil {
		p, err = s.NewParser()
	}
	if err == nil && c.Error != "" {
		err = s.Text()
	}
	if err != nil || c.Error != "" {
		want := c.Error
		for theirs, ours := range ownWords {
			if strings.Contains(want, theirs) {
				want = ours
			}
		}
		if got := javaError(err); got != want {
			t.Errorf("parser %s:\n got %s\nwant %s", c.Parser, got, c.Error)
		}
		return
	}
	x := NewIncremental(s, druid.Interval{Start: druid.MinTimestamp, End: druid.MaxTimestamp})
	p.format.startFile()
	for i, line := range c.Lines {
		if got := outcomeOf(p, x, line); !slices.Equal(got, c.Rows[i]) {
			t.Errorf("%s\nline %q:\n got %q\nwant %q", c.Parser, line, got, c.Rows[i])
		}
	}
	got, want := cells(t, x), sortedTexts(c.Index)
	if !slices.Equal(got, want) {
		t.Errorf("%s\nindex:\n got %v\nwant %v", c.Parser, got, want)
	}
}

func javaError(err error) string {
	var e *Exception
	if errors.As(err, &e) {
		return e.Class + ": " + e.Message
	}
	return fmt.Sprint(err)
}

func outcomeOf(p *Parser, x *Incremental, line string) []string {
	row, err := p.Parse(line)
	var bad *ParseError
	switch {
	case errors.Is(err, ErrHeader):
		return []string{"skip"}
	case errors.As(err, &bad):
		return []string{"unparseable", bad.Reason}
	case err != nil:
		return []string{"fatal", javaError(err)}
	}
	out := []string{"row", row.String()}
	if err := x.Add(row); errors.As(err, &bad) {
		out = append(out, bad.Reason)
	} else if err != nil {
		out = append(out, "fatal", javaError(err))
	}
	return out
}

// cells formats the rows of an index like the recorded ones.
func cells(t *testing.T, x *Incremental) []string {
	t.Helper()
	s, err := x.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	rows := make([]map[string]any, len(s.Times()))
	for i, at := range s.Times() {
		rows[i] = map[string]any{"__time": at}
		for _, name := range slices.Concat(s.Dimensions(), s.Metrics()) {
			var v any
			switch c := s.Column(name).(type) {
			case segment.LongColumn:
				v = fmt.Sprintf("Long %d", c[i])
			case segment.DoubleColumn:
				v = "Double " + druid.FormatDouble(c[i], 64)
			case segment.FloatColumn:
				v = "Float " + druid.FormatDouble(float64(c[i]), 32)
			case *segment.StringColumn:
				values := c.Strings(i)
				switch {
				case len(values) == 1 && values[0] != "":
					v = values[0]
				case len(values) > 1:
					v = values
				}
			}
			if v != nil {
				rows[i][name] = v
			}
		}
	}
	return sortedTexts(rows)
}

func sortedTexts(rows []map[string]any) []string {
	out := make([]string, len(rows))
	for i, row := range rows {
		for name, v := range row {
			if v == "Long 0" || v == "Double 0.0" || v == "Float 0.0" { // Java's index has null or zero
				delete(row, name)
			}
		}
		b, err := json.Marshal(row)
		if err != nil {
			panic(err)
		}
		out[i] = strings.ReplaceAll(string(b), `\u0026`, "&")
	}
	slices.Sort(out)
	return out
}

func TestNullsInListsAreTheWordNullInTheGroupKey(t *testing.T) {
	r := Row{Event: map[string]any{"a": []any{"x", nil}, "b": nil, "c": 1.0}}
	for name, want := range map[string][]string{"a": {"x", "null"}, "b": nil, "c": {"1.0"}} {
		if got := r.Values(name); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}
