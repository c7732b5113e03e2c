package peon

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/druid"
)

func TestMeterRatesFollowTheEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m meter
		for range 100 { // ten a second
			m.mark(time.Now())
			time.Sleep(100 * time.Millisecond)
		}
		m.tick(time.Now())
		for i, rate := range m.rates {
			if math.Abs(rate-10) > 0.5 {
				t.Errorf("rate over %v: got %.2f, want about 10", meterWindows[i], rate)
			}
		}
		time.Sleep(time.Minute)
		m.tick(time.Now())
		if m.rates[0] > 4 || m.rates[2] < 8 {
			t.Errorf("rates a silent minute later: got %.2f, want the 1m one well down and the 15m one hardly", m.rates)
		}
		if m.count != 100 {
			t.Errorf("count: got %d, want 100", m.count)
		}
	})
}

func TestReportHasTheFormOfDruids(t *testing.T) {
	counts := `"rowStats":{"determinePartitions":{"processed":1,"processedWithError":0,"thrownAway":1,"unparseable":0},` +
		`"buildSegments":{"processed":0,"processedWithError":1,"thrownAway":0,"unparseable":2}}`
	for _, test := range []struct {
		name     string
		maxSaved int
		errorMsg string
		want     string
	}{
		{"nothing saved", 0, "", `"unparseableEvents":{},` + counts + `,"errorMsg":null`},
		{"the newest ones saved", 2, "boom", `"unparseableEvents":{"determinePartitions":[],"buildSegments":["c","b"]},` + counts + `,"errorMsg":"boom"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newProgress(nil, test.maxSaved)
			p.enter(determinePartitions)
			p.row(processed, "")
			p.row(thrownAway, "")
			p.enter(buildSegments)
			p.row(unparseable, "a")
			p.row(unparseable, "b")
			if failures := p.row(processedWithError, "c"); failures != 3 {
				t.Errorf("failures: got %d, want 3", failures)
			}
			got, err := p.report("t", test.errorMsg)
			if err != nil {
				t.Fatal(err)
			}
			want := `{"ingestionStatsAndErrors":{"taskId":"t","payload":{"ingestionState":"BUILD_SEGMENTS",` + test.want + `},"type":"ingestionStatsAndErrors"}}`
			if diff := cmp.Diff(want, string(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestChatAnswersForThePhaseUnderWay(t *testing.T) {
	p := newProgress(nil, 5)
	p.enter(determinePartitions)
	p.row(unparseable, "early")
	for _, test := range []struct {
		state string
		full  bool
		want  string
	}{
		{notStarted, false, `{}`},
		{determinePartitions, false, `{"determinePartitions":["early"]}`},
		{buildSegments, false, `{"buildSegments":[]}`},
		{completed, false, `{"buildSegments":[]}`},
		{completed, true, `{"determinePartitions":["early"],"buildSegments":[]}`},
	} {
		p.enter(test.state)
		got, err := druid.Marshal(p.unparseableEvents(test.full))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, string(got)); diff != "" {
			t.Errorf("%s, full %t (-want +got):\n%s", test.state, test.full, diff)
		}
	}
}
