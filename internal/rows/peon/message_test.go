package peon

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/druid"
)

// reported is what an index task's report and its status say.
type reported struct {
	Status, Err string
	State       string
	Msg         string
	Bad         map[string][]string
	Rows        string // processed, processedWithError, thrownAway, unparseable
}

func reportOf(t *testing.T, task string) reported {
	t.Helper()
	r := runTask(t, &overlord{held: held(t)}, task)
	var report taskReports
	if err := json.Unmarshal([]byte(r.report), &report); err != nil {
		t.Fatalf("report %s: %v; status %+v", r.report, err, r.status)
	}
	p := report.Ingestion.Payload
	out := reported{Status: r.status.Status, Err: r.status.ErrorMsg, State: p.IngestionState, Bad: map[string][]string{}}
	if p.ErrorMsg != nil {
		out.Msg = *p.ErrorMsg
	}
	if p.UnparseableEvents.Build != nil {
		out.Bad["determinePartitions"], out.Bad["buildSegments"] = *p.UnparseableEvents.Determine, *p.UnparseableEvents.Build
	}
	b, err := json.Marshal(p.RowStats.Build)
	if err != nil {
		t.Fatal(err)
	}
	out.Rows = string(b)
	return out
}

func rowCounts(processed, withError, thrownAway, unparseable string) string {
	return `{"processed":` + processed + `,"processedWithError":` + withError + `,"thrownAway":` + thrownAway + `,"unparseable":` + unparseable + `}`
}

func TestReportsSayWhatDruidSays(t *testing.T) {
	const jsonSpec = `"format":"json","timestampSpec":{"column":"ts","format":"auto"},"dimensionsSpec":{"dimensions":["page"]}`
	twice := func(rows string, changes ...string) string { // without intervals the input is read twice
		return index(rows, append(changes, `,"intervals":["2020-01-01/2020-01-04"]`, "")...)
	}
	const keep = `"tuningConfig":{"type":"index","maxSavedParseExceptions":5`
	const exceeded = "java.lang.RuntimeException: Max parse exceptions exceeded, terminating task...\n\tat org.apache.druid...."
	const noJSON = "Unable to parse row [no json]"
	twoBad := "no json\n{\"ts\":\"2020-01-01\",\"page\":\"a\",\"added\":\"x\"}\n"
	partly := "Found unparseable columns in row: [MapBasedInputRow{timestamp=2020-01-01T00:00:00.000Z, event={ts=2020-01-01, page=a, added=x}, dimensions=[page]}], exceptions: [Unable to parse value[x] for field[added],]"
	for _, test := range []struct {
		name, task string
		want       reported
		msg        string // the beginning of the error message
	}{
		{"rows that could not be read", twice(twoBad, `"tuningConfig":{"type":"index"`, keep),
			reported{Status: druid.TaskSuccess, State: "COMPLETED", Rows: rowCounts("0", "1", "0", "1"),
				Bad: map[string][]string{"determinePartitions": {noJSON}, "buildSegments": {partly, noJSON}}}, ""},
		{"too many before anything is built", twice(twoBad, `"tuningConfig":{"type":"index"`, keep+`,"maxParseExceptions":0`),
			reported{Status: druid.TaskFailed, Err: exceeded, State: "DETERMINE_PARTITIONS", Rows: rowCounts("0", "0", "0", "0"),
				Bad: map[string][]string{"determinePartitions": {noJSON}, "buildSegments": {}}},
			"java.lang.RuntimeException: Max parse exceptions exceeded, terminating task...\n\tat org.apache.druid.indexing.common.task.IndexTask.collectIntervalsAndShardSpecs(IndexTask.java:834)\n\tat "},
		{"too many while building", twice(twoBad, `"tuningConfig":{"type":"index"`, keep+`,"maxParseExceptions":1`),
			reported{Status: druid.TaskFailed, Err: exceeded, State: "BUILD_SEGMENTS", Rows: rowCounts("0", "1", "0", "1"),
				Bad: map[string][]string{"determinePartitions": {noJSON}, "buildSegments": {partly, noJSON}}},
			"java.lang.RuntimeException: Max parse exceptions exceeded, terminating task...\n\tat org.apache.druid.indexing.common.task.IndexTask.handleParseException(IndexTask.java:1152)\n\tat "},
		{"no parser", twice("x", jsonSpec, `"format":"csv","timestampSpec":{"column":"ts"},"dimensionsSpec":{"dimensions":["page"]},"columns":["ts"]`, `"tuningConfig":{"type":"index"`, keep),
			reported{Status: druid.TaskFailed, Err: "java.lang.IllegalArgumentException: Instantiation of [simple type, class org.apache.druid.data.input...",
				State: "DETERMINE_PARTITIONS", Rows: rowCounts("0", "0", "0", "0"), Bad: map[string][]string{"determinePartitions": {}, "buildSegments": {}}},
			`java.lang.IllegalArgumentException: Instantiation of [simple type, class org.apache.druid.data.input.impl.CSVParseSpec] value failed: column[page] not in columns. (through reference chain: org.apache.druid.data.input.impl.StringInputRowParser["parseSpec"])`},
		{"several values in a number", index("{\"ts\":\"2020-01-01\",\"page\":[1,2]}\n", `"dimensions":["page"]`, `"dimensions":[{"type":"long","name":"page"}]`, `"tuningConfig":{"type":"index"`, keep),
			reported{Status: druid.TaskFailed, Err: "java.lang.UnsupportedOperationException: Numeric columns do not support multivalue rows.",
				State: "BUILD_SEGMENTS", Rows: rowCounts("0", "0", "0", "0"), Bad: map[string][]string{"determinePartitions": {}, "buildSegments": {}}},
			"java.lang.UnsupportedOperationException: Numeric columns do not support multivalue rows."},
		{"a script", twice("x", `"format":"json"`, `"format":"javascript","function":"f"`, `"tuningConfig":{"type":"index"`, keep),
			reported{Status: druid.TaskFailed, Err: "java.lang.IllegalStateException: JavaScript is disabled",
				State: "DETERMINE_PARTITIONS", Rows: rowCounts("0", "0", "0", "0"), Bad: map[string][]string{"determinePartitions": {}, "buildSegments": {}}},
			"java.lang.IllegalStateException: JavaScript is disabled"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := reportOf(t, test.task)
			if !strings.HasPrefix(got.Msg, test.msg) || test.msg == "" && got.Msg != "" {
				t.Errorf("error message: got %q, want %q", got.Msg, test.msg)
			}
			got.Msg = ""
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("report differs (-want +got):\n%s", diff)
			}
		})
	}
}
