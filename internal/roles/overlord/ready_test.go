package overlord

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"oakmoot/internal/druid"
)

// locked are the intervals that a task must lock before it runs, or the error.
func locked(t *testing.T, task string) string {
	t.Helper()
	parsed, err := druid.ParseTask([]byte(task), 0)
	if err != nil {
		t.Fatalf("%s: %v", task, err)
	}
	find := fixed
	if strings.HasPrefix(parsed.Type, "index") {
		find = bucketed
	}
	intervals, err := find(parsed)
	if err != nil {
		return "error"
	}
	var all []string
	for _, i := range intervals {
		all = append(all, strings.ReplaceAll(i.String(), "T00:00:00.000Z", ""))
	}
	return strings.Join(all, " ")
}

func TestIntervalsThatATaskLocksBeforeItRuns(t *testing.T) {
	const index = `{"type":%q,"dataSource":"wiki","spec":{"dataSchema":{"dataSource":"wiki","parser":{},"metricsSpec":[],"granularitySpec":%s},"ioConfig":{"type":"index","firehose":{"type":"inline","data":""}}}}`
	for _, test := range []struct{ task, want string }{
		{fmt.Sprintf(index, "index", `{"type":"uniform","segmentGranularity":"DAY","intervals":["2019-01-01T05:00/2019-01-03T01:00"]}`), "2019-01-01/2019-01-04"},
		{fmt.Sprintf(index, "index", `{"type":"uniform","segmentGranularity":"DAY","intervals":["2019-01-05/2019-01-06","2019-01-01/2019-01-02","2019-01-02/2019-01-03"]}`), "2019-01-01/2019-01-03 2019-01-05/2019-01-06"},
		{fmt.Sprintf(index, "index", `{"type":"uniform","segmentGranularity":"DAY"}`), ""},
		{fmt.Sprintf(index, "index_parallel", `{"type":"uniform","segmentGranularity":"MONTH","intervals":["2019-01-05/2019-01-06"]}`), "2019-01-01/2019-02-01"},
		{`{"type":"kill","dataSource":"wiki","interval":"2019-01-05/2019-01-07"}`, "2019-01-05/2019-01-07"},
		{`{"type":"same_interval_merge","dataSource":"wiki","interval":"2019-01-05/2019-01-07"}`, "2019-01-05/2019-01-07"},
		{`{"type":"merge","dataSource":"wiki","segments":[` + day(3, 0, "1") + `,` + day(1, 0, "1") + `]}`, "2019-01-01/2019-01-04"},
		{`{"type":"merge","dataSource":"wiki","segments":[]}`, "error"},
	} {
		if got := locked(t, test.task); got != test.want {
			t.Errorf("%s:\ngot %q, want %q", test.task, got, test.want)
		}
	}
}

func TestIndexTaskRevokesAndIsRevoked(t *testing.T) {
	inTerm(t, func(t *testing.T, w *world, in *incarnation) {
		const index = `{"type":"index","id":%q,"context":{"priority":%d},"spec":{"dataSchema":{"dataSource":"wiki","parser":{},"metricsSpec":[],"granularitySpec":{"type":"uniform","segmentGranularity":"DAY","intervals":["2019-01-01/2019-01-02"]}},"ioConfig":{"type":"index","firehose":{"type":"inline","data":""}}}}`
		low, high := fmt.Sprintf(index, "low", 1), fmt.Sprintf(index, "high", 2)
		w.submit(in, low)
		w.becomes(in, "low", isPending)
		w.submit(in, high)
		w.becomes(in, "high", isPending)
		if got := w.act(in, low, lockList); !strings.Contains(got, `"revoked":true`) {
			t.Errorf("got %s, want the lock revoked", got)
		}
		w.submit(in, fmt.Sprintf(index, "late", 2))
		time.Sleep(time.Minute)
		if got := w.state(in, "late"); got != isWaiting {
			t.Errorf("got %s, want it waiting", got)
		}
	})
}
