package answer_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"oakmoot/internal/stage/answer"
	"oakmoot/internal/stage/scenario"
)

func TestAnswersAreCompared(t *testing.T) {
	const two = `[{"timestamp":"t1","result":{"rows":5}},{"timestamp":"t2","result":{"rows":6}}]`
	for name, tt := range map[string]struct {
		kind     string
		expected any
		came     string
		want     string // "" when they are equal
	}{
		"equal":                      {"timeseries", two, `[{"result":{"rows":5.0},"timestamp":"t1"}, {"timestamp":"t2","result":{"rows":6}}]`, ""},
		"equal in TOML":              {"timeseries", []any{map[string]any{"n": int64(5), "x": 1.5, "s": "a"}}, `[{"n":5,"s":"a","x":1.5}]`, ""},
		"a number":                   {"timeseries", two, strings.Replace(two, "6", "7", 1), `2 rows expected, 2 came: row 2 is {"result":{"rows":7},"timestamp":"t2"} and not {"result":{"rows":6},"timestamp":"t2"} (result.rows: 7, not 6)`},
		"large numbers":              {"timeseries", `[9007199254740993]`, `[9007199254740992]`, `1 row expected, 1 came: row 1 is 9007199254740992 and not 9007199254740993`},
		"a missing key":              {"topN", `[{"result":[{"a":1,"b":null}]}]`, `[{"result":[{"a":1}]}]`, `1 row expected, 1 came: row 1 is {"result":[{"a":1}]} and not {"result":[{"a":1,"b":null}]} (result[0].b: absent, not null)`},
		"another length":             {"topN", `[{"result":[1,2]}]`, `[{"result":[1]}]`, `1 row expected, 1 came: row 1 is {"result":[1]} and not {"result":[1,2]} (result: [1], not [1,2])`},
		"a row less":                 {"timeseries", `[1,2]`, `[1]`, "2 rows expected, 1 came: row 2 is missing: 2"},
		"a row more":                 {"timeseries", `[]`, `[1]`, "0 rows expected, 1 came: row 1 is one too many: 1"},
		"the order":                  {"timeseries", `[1,2]`, `[2,1]`, "2 rows expected, 2 came: row 1 is 2 and not 1"},
		"a scan":                     {"scan", `[{"a":1},{"a":2},{"a":2}]`, `[{"segmentId":"x","events":[{"a":2}]},{"segmentId":"y","events":[{"a":1},{"a":2}]}]`, ""},
		"a scan's rows":              {"scan", `[{"a":1},{"a":2}]`, `[{"segmentId":"x","events":[{"a":2},{"a":2}]}]`, `2 rows expected, 2 came: row 2 is {"a":2} and not {"a":1} (a: 2, not 1)`},
		"a scan written as it comes": {"scan", `[{"segmentId":"z","events":[[1],[2]]}]`, `[{"segmentId":"x","events":[[2],[1]]}]`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			q, err := answer.ReadQuery(`{"queryType": "` + tt.kind + `", "dataSource": "flights"}`)
			if err != nil {
				t.Fatal(err)
			}
			rows, err := answer.ReadRows(tt.expected)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := q.Compare(rows, []byte(tt.came)); err != nil || got != tt.want {
				t.Errorf("got  %q, %v\nwant %q", got, err, tt.want)
			}
		})
	}
}

func TestWhatIsNoAnswerIsAnError(t *testing.T) {
	q, _ := answer.ReadQuery(map[string]any{"queryType": "topN"})
	for _, came := range []string{"", "[1] [2]", `{"error":"Unknown exception"}`} {
		if got, err := q.Compare(nil, []byte(came)); err == nil {
			t.Errorf("%s: got %q, want an error", came, got)
		}
	}
}

func TestLongRowsAreShownInPart(t *testing.T) {
	q, _ := answer.ReadQuery(`{"queryType":"topN"}`)
	if got, _ := q.Compare(nil, []byte(`["`+strings.Repeat("x", 1000)+`"]`)); len(got) > 500 || !strings.HasSuffix(got, "… (1002 bytes)") {
		t.Errorf("got %d bytes: %s", len(got), got)
	}
}

func TestQueriesNameTheirDataSources(t *testing.T) {
	for text, want := range map[string]string{
		`"a"`: "a", `{"type":"table","name":"a"}`: "a", `{"type":"union","dataSources":["a","b"]}`: "a b", `{"type":"query","query":{}}`: "",
	} {
		q, err := answer.ReadQuery(`{"queryType":"scan","dataSource":` + text + `}`)
		if got := strings.Join(q.DataSources, " "); got != want || err != nil {
			t.Errorf("%s: got %q, %v, want %q", text, got, err, want)
		}
	}
}

func TestWrongInputsAreRefused(t *testing.T) {
	column := func(err error) int {
		if syntax, is := errors.AsType[*scenario.SyntaxError](err); is {
			return syntax.Column
		}
		return 0
	}
	for name, tt := range map[string]struct {
		value  any
		column int
		want   string
	}{
		"an array":       {`[]`, 0, "a query is a JSON object"},
		"no type":        {map[string]any{"dataSource": "a"}, 0, "needs its queryType"},
		"no JSON":        {`{"queryType": topN}`, 16, "this is not JSON"},
		"half of it":     {`{"queryType": "topN"`, 21, "this is not JSON"},
		"more than that": {`{"queryType": "topN"} x`, 22, "something follows"},
		"a date":         {map[string]any{"queryType": time.Unix(0, 0).UTC()}, 0, "a date or a time is nothing in JSON"},
		"a number":       {int64(5), 0, "a query is a JSON object"},
	} {
		if _, err := answer.ReadQuery(tt.value); err == nil || !strings.Contains(err.Error(), tt.want) || column(err) != tt.column {
			t.Errorf("%s: got %v at column %d, want %q at %d", name, err, column(err), tt.want, tt.column)
		}
	}
	if _, err := answer.ReadRows(map[string]any{}); err == nil {
		t.Error("a table is taken for rows")
	}
}
