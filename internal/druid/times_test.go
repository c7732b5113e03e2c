package druid_test

import (
	"testing"

	"oakmoot/internal/druid"
)

func TestIntervalsInAllTheirForms(t *testing.T) {
	for given, want := range map[string]string{
		"2019-01-01/2019-01-02":                              "2019-01-01T00:00:00.000Z/2019-01-02T00:00:00.000Z",
		"2019-01-01T01:02:03.004Z/2019-01-01T02:00:00+01:00": "",
		"2019-01-01T00:00:00+02:00/P1D":                      "2018-12-31T22:00:00.000Z/2019-01-01T22:00:00.000Z",
		"P1M/2019-03-31":                                     "2019-02-28T00:00:00.000Z/2019-03-31T00:00:00.000Z",
		"2019/2020":                                          "2019-01-01T00:00:00.000Z/2020-01-01T00:00:00.000Z",
		"2019-01-02/2019-01-01":                              "",
		"2019-01-01":                                         "",
		"P1D/P1D":                                            "",
		"a/b":                                                "",
	} {
		got, err := druid.ParseInterval(given)
		if want == "" {
			if err == nil {
				t.Errorf("%s: got %s, want an error", given, got)
			}
		} else if err != nil || got.String() != want {
			t.Errorf("%s: got %s, %v, want %s", given, got, err, want)
		}
	}
}

func TestPeriodsMoveByTheCalendar(t *testing.T) {
	leap, err := druid.ParseTimestamp("2020-02-29T12:00:00Z")
	if err != nil {
		t.Fatal(err)
	}
	for period, want := range map[string]string{
		"P1Y": "2021-02-28T12:00:00.000Z", "P1M": "2020-03-29T12:00:00.000Z", "P1W": "2020-03-07T12:00:00.000Z",
		"P1DT1H": "2020-03-01T13:00:00.000Z", "PT0.100S": "2020-02-29T12:00:00.100Z",
		"P1Y1M": "2021-03-28T12:00:00.000Z", "PT90M": "2020-02-29T13:30:00.000Z",
	} {
		p, err := druid.ParsePeriod(period)
		if err != nil || p.After(leap).String() != want || p.String() != period {
			t.Errorf("%s: got %s (%s), %v, want %s", period, p.After(leap), p, err, want)
		}
	}
	for _, bad := range []string{"", "PT", "1D", "P1H", "PT1D", "P-", "PT1.5H"} {
		if p, err := druid.ParsePeriod(bad); err == nil {
			t.Errorf("%q: got %s, want an error", bad, p)
		}
	}
}

func TestGranularitiesDivideTime(t *testing.T) {
	at, err := druid.ParseTimestamp("2019-08-14T13:47:11.123Z") // a Wednesday
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"second":         "2019-08-14T13:47:11.000Z/2019-08-14T13:47:12.000Z",
		"FIFTEEN_MINUTE": "2019-08-14T13:45:00.000Z/2019-08-14T14:00:00.000Z",
		"SIX_HOUR":       "2019-08-14T12:00:00.000Z/2019-08-14T18:00:00.000Z",
		"DAY":            "2019-08-14T00:00:00.000Z/2019-08-15T00:00:00.000Z",
		"WEEK":           "2019-08-12T00:00:00.000Z/2019-08-19T00:00:00.000Z",
		"MONTH":          "2019-08-01T00:00:00.000Z/2019-09-01T00:00:00.000Z",
		"QUARTER":        "2019-07-01T00:00:00.000Z/2019-10-01T00:00:00.000Z",
		"YEAR":           "2019-01-01T00:00:00.000Z/2020-01-01T00:00:00.000Z",
	} {
		g, err := druid.ParseGranularity(name)
		if err != nil || g.Bucket(at).String() != want {
			t.Errorf("%s: got %s, %v, want %s", name, g.Bucket(at), err, want)
		}
	}
	if _, err := druid.ParseGranularity("FORTNIGHT"); err == nil {
		t.Error("FORTNIGHT: want an error")
	}
	before := druid.Timestamp(-1) // the last instant before 1970
	day, _ := druid.ParseGranularity("DAY")
	if got, want := day.Bucket(before).String(), "1969-12-31T00:00:00.000Z/1970-01-01T00:00:00.000Z"; got != want {
		t.Errorf("before 1970: got %s, want %s", got, want)
	}
}

func TestSegmentIDsAreReadAsJavaReadsThem(t *testing.T) {
	const span = "2019-01-01T00:00:00.000Z_2019-01-02T00:00:00.000Z"
	for _, tt := range []struct {
		dataSource, text, version string
		partition                 int
	}{
		{"wiki", "wiki_" + span + "_v1", "v1", 0},
		{"wiki", "wiki_" + span + "_v1_3", "v1", 3},
		{"a_b", "a_b_" + span + "_v_1_x", "v_1_x", 0},
		{"a_b", "a_b_" + span + "_v_0", "v_0", 0},
		{"wiki", "wiki_" + span + "_7", "7", 0},
	} {
		id, err := druid.ParseSegmentID(tt.dataSource, tt.text)
		if err != nil || id.Version != tt.version || id.Partition != tt.partition || id.String() != tt.text {
			t.Errorf("%s: got %+v, %v, want version %q partition %d", tt.text, id, err, tt.version, tt.partition)
		}
	}
	for _, bad := range []string{"", "wiki", "wiki_" + span, "wiki_" + span + "_", "other_" + span + "_v", "wiki_a_b_v"} {
		if id, err := druid.ParseSegmentID("wiki", bad); err == nil {
			t.Errorf("%q: got %s, want an error", bad, id)
		}
	}
}
