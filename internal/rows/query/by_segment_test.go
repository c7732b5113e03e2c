package query

import (
	"strings"
	"testing"
)

// TestBySegmentAnswersForEachSegment checks the form of BySegmentResultValueClass. The
// broker's answer is that of its servers, finalized.
func TestBySegmentAnswersForEachSegment(t *testing.T) {
	early, late := flights(t), flights(t)
	half := early.Interval.Start + 8_000
	early.Interval.End, late.Interval.Start, late.ID.Version = half, half, "v2"
	of := func(p Part, results string) string {
		return `{"timestamp":"` + p.ID.Interval.Start.String() + `","result":{"results":` + results +
			`,"segment":"` + p.ID.String() + `","interval":"` + p.Interval.String() + `"}}`
	}
	for _, test := range []struct{ query, early, late string }{
		{`{"queryType":"timeseries","dataSource":"flights","granularity":"all","intervals":["2014-01-01/2014-01-02"],"context":{"bySegment":true},` +
			`"aggregations":[{"type":"count","name":"rows"},{"type":"longFirst","name":"f","fieldName":"miles"}]}`,
			`[{"timestamp":"2014-01-01T00:00:00.000Z","result":{"rows":16,"f":1}}]`, `[{"timestamp":"2014-01-01T00:00:08.000Z","result":{"rows":24,"f":6}}]`},
		{`{"queryType":"topN","dataSource":"flights","dimension":"origin","metric":"rows","threshold":1,"granularity":"all","intervals":["2014-01-01/2014-01-02"],` +
			`"context":{"bySegment":"true"},"aggregations":[{"type":"count","name":"rows"}]}`,
			`[{"timestamp":"2014-01-01T00:00:00.000Z","result":[{"rows":4,"origin":null}]}]`, `[{"timestamp":"2014-01-01T00:00:08.000Z","result":[{"rows":6,"origin":"JFK"}]}]`},
		{`{"queryType":"timeseries","dataSource":"flights","granularity":"second","intervals":["2014-01-01/2014-01-02"],"context":{"bySegment":true,"skipEmptyBuckets":true},` +
			`"filter":{"type":"selector","dimension":"origin","value":"nowhere"},"aggregations":[{"type":"count","name":"rows"}]}`, `[]`, `[]`},
	} {
		want := `[` + of(early, test.early) + `,` + of(late, test.late) + `]`
		if got := answer(t, test.query, early, late); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", test.query, got, want)
		}
		if got := overServers(t, test.query, []Part{early}, []Part{late}); got != want {
			t.Errorf("%s, over servers\ngot  %s\nwant %s", test.query, got, want)
		}
	}
}

func TestBySegmentIsRefusedWhereUnsupported(t *testing.T) {
	for _, query := range []string{
		`{"queryType":"scan","dataSource":"w","context":{"bySegment":true}}`,
		`{"queryType":"timeseries","dataSource":"w","granularity":"all","intervals":["2014/2015"],"limit":3,"context":{"bySegment":true}}`,
		`{"queryType":"timeseries","dataSource":"w","granularity":"all","intervals":["2014/2015"],"context":{"bySegment":true,"grandTotal":true}}`,
	} {
		if _, err := Parse([]byte(query)); err == nil || !strings.Contains(err.Error(), "not supported") {
			t.Errorf("%s: got %v, want that it is not supported", query, err)
		}
	}
}
