package ingest

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func parserOf(t testing.TB, parseSpec string) *Parser {
	t.Helper()
	s, err := ParseSchema([]byte(`{"dataSource":"wiki","parser":{"type":"string","parseSpec":` + parseSpec + `},
		"metricsSpec":[{"type":"count","name":"count"},{"type":"longSum","name":"total","fieldName":"added"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.NewParser()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestRecordsBecomeRows(t *testing.T) {
	const millis = `"timestampSpec":{"column":"t","format":"millis"}`
	cases := []struct {
		name, spec, record string
		want               Row
	}{
		{"json with all kinds of values", `{"format":"json",` + millis + `,"dimensionsSpec":{"dimensions":["page","user"]}}`,
			`{"t":5,"page":"Main","user":null,"tags":["a",null,1],"n":1.50,"big":123456789012345678901,"b":true,"o":{"x":1}}`,
			Row{Time: 5, Dimensions: []string{"page", "user"}, Event: map[string]any{
				"t": int64(5), "page": "Main", "user": nil, "tags": []any{"a", int64(1)}, "n": 1.5, "big": 123456789012345678901., "b": true, "o": &Object{keys: []string{"x"}, values: map[string]any{"x": int64(1)}}}}},
		{"json without dimensions takes what is there", `{"format":"json",` + millis + `,"dimensionsSpec":{"dimensionExclusions":["secret"]}}`,
			`{"zeta":"1","t":5,"secret":"x","added":3,"total":4,"count":5,"alpha":"2"}`,
			Row{Time: 5, Dimensions: []string{"zeta", "alpha"}, Event: map[string]any{
				"zeta": "1", "t": int64(5), "secret": "x", "added": int64(3), "total": int64(4), "count": int64(5), "alpha": "2"}}},
		{"json paths", `{"format":"json",` + millis + `,"dimensionsSpec":{},"flattenSpec":{"useFieldDiscovery":false,"fields":["t",{"type":"path","name":"who","expr":"$.user.name"},{"type":"root","name":"page"}]}}`,
			`{"t":5,"user":{"name":"ann","id":1},"page":"Main","other":1}`,
			Row{Time: 5, Dimensions: []string{"who", "page"}, Event: map[string]any{"t": int64(5), "who": "ann", "page": "Main", "other": int64(1),
				"user": &Object{keys: []string{"name", "id"}, values: map[string]any{"name": "ann", "id": int64(1)}}}}},
		{"csv with quotes and a list", `{"format":"csv",` + millis + `,"dimensionsSpec":{},"columns":["t","page","tags","none"],"listDelimiter":"|"}`,
			`5,"Main, page",a|b`,
			Row{Time: 5, Dimensions: []string{"page", "tags"}, Event: map[string]any{"t": "5", "page": "Main, page", "tags": []any{"a", "b"}}}},
		{"tsv with the default list delimiter", `{"format":"tsv",` + millis + `,"dimensionsSpec":{},"columns":["t","page","tags"]}`,
			"5\t\ta\x01b",
			Row{Time: 5, Dimensions: []string{"page", "tags"}, Event: map[string]any{"t": "5", "page": nil, "tags": []any{"a", "b"}}}},
		{"tsv with another delimiter", `{"format":"tsv",` + millis + `,"dimensionsSpec":{},"columns":["t","page"],"delimiter":"|"}`,
			"5|x", Row{Time: 5, Dimensions: []string{"page"}, Event: map[string]any{"t": "5", "page": "x"}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := parserOf(t, c.spec).Parse(c.record)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got, cmpopts.IgnoreUnexported(Row{}, Object{})); diff != "" {
				t.Errorf("row differs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUnparseableRecordsSayWhy(t *testing.T) {
	const json = `{"format":"json","timestampSpec":{"column":"t","format":"auto"},"dimensionsSpec":{}}`
	cases := []struct{ name, spec, record, want string }{
		{"no json", json, `hello`, "Unable to parse row [hello]"},
		{"half an object", json, `{"t":1`, "Unable to parse row"},
		{"an array", json, `[1]`, "Unparseable timestamp found! Event: {}"},
		{"no time", json, `{"x":1}`, "Unparseable timestamp found! Event: {x=1}"},
		{"no such time", json, `{"t":"2019-13-01"}`, "Unparseable timestamp found!"},
		{"an empty time", json, `{"t":""}`, "Unparseable timestamp found!"},
		{"quotes in csv", `{"format":"csv","timestampSpec":{"column":"t"},"dimensionsSpec":{},"columns":["t","x"]}`, `1,"a`, "Unable to parse row"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := parserOf(t, c.spec).Parse(c.record)
			var pe *ParseError
			if !errors.As(err, &pe) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got error %v, want a ParseError with %q", err, c.want)
			}
		})
	}
}

func TestReadSkipsTheHeadersOfEachFile(t *testing.T) {
	p := parserOf(t, `{"format":"csv","timestampSpec":{"column":"t","format":"millis"},"dimensionsSpec":{},"hasHeaderRow":true,"skipHeaderRows":1}`)
	var got []string
	for _, file := range []string{"# made by hand\nt,page\n1,a\n\nx,b\n2,c\n", "# another\npage,t\nd,3\n"} {
		err := p.Read(t.Context(), strings.NewReader(file), func(r Row, err error) error {
			switch {
			case errors.Is(err, ErrHeader):
				got = append(got, "header")
			case err != nil:
				got = append(got, "bad")
			default:
				got = append(got, text(r.Event["page"])+text(r.Event["t"]))
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"header", "header", "a1", "bad", "bad", "c2", "header", "header", "d3"}, got); diff != "" {
		t.Errorf("rows differ (-want +got):\n%s", diff)
	}
}

func TestReadEndsWithTheFirstError(t *testing.T) {
	p := parserOf(t, `{"format":"json","timestampSpec":{"column":"t","format":"millis"},"dimensionsSpec":{}}`)
	enough := errors.New("enough")
	rows := 0
	each := func(Row, error) error {
		rows++
		return enough
	}
	if err := p.Read(t.Context(), strings.NewReader("{\"t\":1}\n{\"t\":2}\n"), each); !errors.Is(err, enough) || rows != 1 {
		t.Errorf("got %v after %d rows, want %v after 1", err, rows, enough)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Read(ctx, strings.NewReader("{\"t\":1}\n"), each); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	if err := p.Read(t.Context(), strings.NewReader(strings.Repeat("x", maxRecord+1)), each); err == nil {
		t.Error("a line that is too long: got no error")
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`{"t":5,"page":"Main","tags":["a"]}`)
	f.Add(`5,"Main, page",a|b`)
	f.Add("2019-01-01 00:00:00 PST")
	specs := []string{
		`{"format":"json","timestampSpec":{"column":"t","format":"auto"},"dimensionsSpec":{},"flattenSpec":{"fields":[{"type":"path","name":"x","expr":"$.a.b"}]}}`,
		`{"format":"csv","timestampSpec":{"column":"t","format":"yyyy/MM/dd HH:mm:ss.SSS Z"},"dimensionsSpec":{},"columns":["t","page"],"listDelimiter":"|"}`,
		`{"format":"tsv","timestampSpec":{"column":"t","format":"auto"},"dimensionsSpec":{},"columns":["t","a"]}`,
		`{"format":"jsonLowercase","timestampSpec":{"column":"t"},"dimensionsSpec":{}}`,
		`{"format":"regex","timestampSpec":{"column":"t"},"dimensionsSpec":{},"columns":["t","a"],"pattern":"(.*?),(.*)?"}`,
		`{"format":"json","timestampSpec":{"column":"t"},"dimensionsSpec":{"dimensions":["a"]},"featureSpec":{"ALLOW_COMMENTS":true,"ALLOW_YAML_COMMENTS":true,"ALLOW_SINGLE_QUOTES":true,"ALLOW_UNQUOTED_FIELD_NAMES":true,"ALLOW_NON_NUMERIC_NUMBERS":true}}`,
	}
	f.Fuzz(func(t *testing.T, record string) {
		for _, spec := range specs {
			p := parserOf(t, spec)
			row, err := p.Parse(record)
			if err != nil {
				continue
			}
			for _, d := range row.Dimensions {
				row.Values(d)
			}
			_ = row.String()
		}
	})
}

func TestSchemaMistakesAreNamed(t *testing.T) {
	cases := []struct{ name, schema, want string }{
		{"no json", `{`, "dataSchema"},
		{"no datasource", `{}`, "dataSource cannot be null or empty"},
		{"unknown aggregator", `{"dataSource":"d","metricsSpec":[{"type":"thetaSketch","name":"x"}]}`, `"thetaSketch"`},
		{"aggregator without a name", `{"dataSource":"d","metricsSpec":[{"type":"count"}]}`, "aggregator name"},
		{"aggregator without a field", `{"dataSource":"d","metricsSpec":[{"type":"longSum","name":"x"}]}`, "fieldName"},
		{"expression", `{"dataSource":"d","metricsSpec":[{"type":"longSum","name":"x","expression":"a+b"}]}`, "expressions are not supported"},
		{"two metrics of a name", `{"dataSource":"d","metricsSpec":[{"type":"count","name":"x"},{"type":"count","name":"x"}]}`, "another column"},
		{"two dimensions of a name", `{"dataSource":"d","parser":{"parseSpec":{"format":"json","timestampSpec":{},"dimensionsSpec":{"dimensions":["a","a"]}}}}`, "Duplicate column entries found : [a]"},
		{"spatial dimensions", `{"dataSource":"d","parser":{"parseSpec":{"format":"json","timestampSpec":{},"dimensionsSpec":{"spatialDimensions":[{}]}}}}`, "spatialDimensions"},
		{"transforms", `{"dataSource":"d","transformSpec":{"transforms":[{"type":"expression"}]}}`, "a transform without a name"},
		{"time pattern", `{"dataSource":"d","parser":{"parseSpec":{"format":"json","timestampSpec":{"format":"qqq"}}}}`, "Illegal pattern component"},
		{"granularity", `{"dataSource":"d","granularitySpec":{"queryGranularity":"FORTNIGHT"}}`, "FORTNIGHT"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if _, err := ParseSchema([]byte(c.schema)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got error %v, want one with %q", err, c.want)
			}
		})
	}
	if _, err := ParseSchema([]byte(`{"dataSource":"d","parser":{"parseSpec":{"format":"avro"}}}`)); err == nil || !strings.Contains(err.Error(), "'avro'") {
		t.Errorf("got error %v, want one with the format", err)
	}
}
