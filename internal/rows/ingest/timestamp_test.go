package ingest

import (
	"testing"

	"oakmoot/internal/druid"
)

func TestTimestampFormats(t *testing.T) {
	const want = "2014-03-09T21:05:07.250Z"
	cases := []struct {
		format string
		value  any
		want   string
	}{
		{"auto", "2014-03-09T21:05:07.250Z", want},
		{"auto", "2014-03-09 21:05:07.250", want},
		{"auto", `"2014-03-09T21:05:07.250"`, want},
		{"auto", "2014-03-09T22:05:07.250+01:00", want},
		{"auto", "2014-03-09 21:05:07.250 CET", want},
		{"auto", "1394399107250", want},
		{"auto", int64(1394399107250), want},
		{"auto", "2014-03-09", "2014-03-09T00:00:00.000Z"},
		{"auto", "2014-03", "2014-03-01T00:00:00.000Z"},
		{"iso", "2014-03-09T21:05:07.250", want},
		{"millis", "1394399107250", want},
		{"posix", "1394399107", "2014-03-09T21:05:07.000Z"},
		{"posix", int64(1394399107), "2014-03-09T21:05:07.000Z"},
		{"posix", 1394399107.9, "2014-03-09T21:05:07.000Z"},
		{"micro", int64(1394399107250999), want},
		{"nano", "1394399107250999999", want},
		{"ruby", 1394399107.25, want},
		{"ruby", "1394399107.25", want},
		{"yyyy/MM/dd HH:mm:ss.SSS", "2014/03/09 21:05:07.250", want},
		{"yyyy-MM-dd'T'HH:mm:ss.SSSZ", "2014-03-09T22:05:07.250+0100", want},
		{"yyyyMMddHHmmss", "20140309210507", "2014-03-09T21:05:07.000Z"},
		{"yyyyMMdd", "20140309", "2014-03-09T00:00:00.000Z"},
		{"yyyyMMdd", int64(20140309), "1970-01-01T05:35:40.309Z"},
		{"M/d/yy h:mm a", "3/9/14 9:05 PM", "2014-03-09T21:05:00.000Z"},
		{"M/d/yy h:mm a", "3/9/99 12:05 am", "1999-03-09T00:05:00.000Z"},
		{"EEE, dd MMM yyyy HH:mm:ss Z", "Sun, 09 Mar 2014 21:05:07 +0000", "2014-03-09T21:05:07.000Z"},
		{"dd/MMM/yyyy:HH:mm:ss Z", "09/Mar/2014:22:05:07 +0100", "2014-03-09T21:05:07.000Z"},
		{"MMMM d, yyyy", "March 9, 2014", "2014-03-09T00:00:00.000Z"},
		{"yyyy.DDD", "2014.068", "2014-03-09T00:00:00.000Z"},
		{"h 'o''clock' a", "9 o'clock pm", "1970-01-01T21:00:00.000Z"},
	}
	for _, c := range cases {
		spec := timestampSpec{Format: c.format}
		if err := spec.prepare(); err != nil {
			t.Errorf("%s: %v", c.format, err)
			continue
		}
		got, err := spec.extract(c.value)
		if err != nil || got.String() != c.want {
			t.Errorf("%s: %v: got %v (%v), want %s", c.format, c.value, got, err, c.want)
		}
	}
}

func TestInvalidTimesAreErrors(t *testing.T) {
	cases := []struct{ format, value string }{
		{"auto", "yesterday"}, {"auto", ""}, {"auto", "99999999999999999999"}, {"iso", "2014/03/09"}, {"millis", "12x"},
		{"posix", "1.5"}, {"ruby", "x"}, {"yyyy-MM-dd", "2014-02-30"}, {"yyyy-MM-dd", "2014-03-09x"}, {"yyyy-MM-dd", "2014-03"},
		{"HH:mm", "25:00"}, {"MMM", "Foo"}, {"Z", "+1"}, {"a", "x"}, {"S", ""},
	}
	for _, c := range cases {
		spec := timestampSpec{Format: c.format}
		if err := spec.prepare(); err != nil {
			t.Fatal(err)
		}
		if got, err := spec.extract(c.value); err == nil {
			t.Errorf("%s: %q: got %v, want an error", c.format, c.value, got)
		}
	}
}

func TestMissingTimeHasItsValue(t *testing.T) {
	value := timeText("2014-01-01")
	spec := timestampSpec{Column: "t", Format: "auto", MissingValue: &value}
	if err := spec.prepare(); err != nil {
		t.Fatal(err)
	}
	got, err := spec.extract(nil)
	if want := druid.Timestamp(1_388_534_400_000); err != nil || got != want {
		t.Errorf("got %v (%v), want %v", got, err, want)
	}
	written, err := druid.Marshal(&spec)
	if want := `{"column":"t","format":"auto","missingValue":"2014-01-01T00:00:00.000Z"}`; err != nil || string(written) != want {
		t.Errorf("got %s (%v), want %s", written, err, want)
	}
}
