package query

import (
	"errors"
	"testing"

	"oakmoot/internal/druid"
)

// The hour has a row a minute: count is 0 to 6 in turn, size 0 to 2.
func TestExpressionsFilterAndAggregateRows(t *testing.T) {
	for _, c := range []struct{ aggregation, filter, want string }{
		{`{"type":"count","name":"x"}`, `{"type":"expression","expression":"count == 3"}`, "9"},
		{`{"type":"count","name":"x"}`, `{"type":"expression","expression":"page == 'p1' && size > 0"}`, "8"},
		{`{"type":"count","name":"x"}`, `{"type":"expression","expression":"'true'"}`, "0"},
		{`{"type":"count","name":"x"}`, `{"type":"not","field":{"type":"expression","expression":"0.9"}}`, "60"},
		{`{"type":"count","name":"x"}`, `{"type":"expression","expression":"timestamp_extract(__time, 'MINUTE') < 10"}`, "10"},
		{`{"type":"longSum","name":"x","expression":"count * 2"}`, `{"type":"true"}`, "348"},
		{`{"type":"doubleMax","name":"x","expression":"size + 0.5"}`, `{"type":"true"}`, "2.5"},
		{`{"type":"longMin","name":"x","expression":"nothing"}`, `{"type":"true"}`, "9223372036854775807"},
		{`{"type":"floatSum","name":"x","expression":"if(page == 'p1', 1, 0)"}`, `{"type":"true"}`, "12.0"},
	} {
		query := `{"queryType":"timeseries","dataSource":"wiki","granularity":"all","intervals":["2014-01-01/P1D"],"aggregations":[` + c.aggregation + `],"filter":` + c.filter + `}`
		got := overServers(t, query, []Part{hours(t, 0, 60)})
		want := `[{"timestamp":"2014-01-01T00:00:00.000Z","result":{"x":` + c.want + `}}]`
		if got != want {
			t.Errorf("%s of %s: got %s, want %s", c.aggregation, c.filter, got, want)
		}
	}
}

func TestAnExpressionThatFailsOverARowFailsTheQuery(t *testing.T) {
	for _, part := range []string{
		`"aggregations":[{"type":"longSum","name":"x","expression":"5 / count"}]`,
		`"aggregations":[{"type":"count","name":"x"}],"filter":{"type":"expression","expression":"5 % count"}`,
	} {
		q, err := Parse([]byte(`{"queryType":"timeseries","dataSource":"wiki","granularity":"all","intervals":["2014-01-01/P1D"],` + part + `}`))
		if err != nil {
			t.Fatal(err)
		}
		_, err = q.Run(t.Context(), []Part{hours(t, 0, 60)})
		var e *Error
		if !errors.As(err, &e) || e.Class != "java.lang.ArithmeticException" || e.Message != "/ by zero" {
			t.Errorf("%s: got %v, want / by zero", part, err)
		}
	}
}

func TestQueriesWithInvalidExpressionsAreRefused(t *testing.T) {
	for _, part := range []string{
		`"aggregations":[{"type":"longSum","name":"x","expression":"count +"}]`,
		`"aggregations":[{"type":"longSum","name":"x","expression":"count","fieldName":"count"}]`,
		`"aggregations":[{"type":"longSum","name":"x"}]`,
		`"aggregations":[],"filter":{"type":"expression","expression":"nofunc(1)"}`,
		`"aggregations":[],"filter":{"type":"expression"}`,
	} {
		_, err := Parse([]byte(`{"queryType":"timeseries","dataSource":"wiki","granularity":"all","intervals":["2014-01-01/P1D"],` + part + `}`))
		if err == nil {
			t.Errorf("%s: taken, want it refused", part)
		}
	}
}

// row is a row that is not in a segment.
type looseRow map[string]any

func (r looseRow) Millis() int64 { return int64(druid.Timestamp(start)) }

func (r looseRow) Value(name string) any { return r[name] }

func (r looseRow) Values(name string) []string {
	switch v := r[name].(type) {
	case string:
		return []string{v}
	case []string:
		return v
	}
	return nil
}

func TestFiltersApplyToSingleRows(t *testing.T) {
	row := looseRow{"page": "p1", "tags": []string{"a", "b"}, "n": int64(3)}
	for filter, want := range map[string]bool{
		`{"type":"selector","dimension":"page","value":"p1"}`:                                        true,
		`{"type":"selector","dimension":"tags","value":"b"}`:                                         true,
		`{"type":"selector","dimension":"nothing","value":null}`:                                     true,
		`{"type":"bound","dimension":"__time","lower":"1388534400000","ordering":"numeric"}`:         true,
		`{"type":"interval","dimension":"__time","intervals":["2015/2016"]}`:                         false,
		`{"type":"expression","expression":"n > 2 && page == 'p1'"}`:                                 true,
		`{"type":"and","fields":[{"type":"true"},{"type":"not","field":{"type":"true"}}]}`:           false,
		`{"type":"or","fields":[{"type":"selector","dimension":"page","value":""},{"type":"true"}]}`: true,
	} {
		f, err := ParseRowFilter([]byte(filter))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := f.Matches(row); got != want || err != nil {
			t.Errorf("%s: got %v (%v), want %v", filter, got, err, want)
		}
	}
	if f, err := ParseRowFilter([]byte("null")); f != nil || err != nil {
		t.Errorf("null: got %v (%v), want no filter", f, err)
	}
}
