package peon

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/druid"
)

const threeDays = `{"ts":"2020-01-01T01:10:00Z","page":"a","added":1}
{"ts":"2020-01-01T01:50:00Z","page":"a","added":2}
{"ts":"2020-01-01T01:50:00Z","page":"b","added":4}
{"ts":"2020-01-03T00:00:00Z","page":"a","added":8}
{"ts":"2020-01-04T00:00:00Z","page":"a","added":16}
`

// summary is a published segment on one line: what a query would find of it.
func summary(t *testing.T, r ran, s druid.DataSegment) string {
	t.Helper()
	shard, err := druid.Marshal(s.ShardSpec)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s %s %s", s.Interval.Start.String()[:10], shard, strings.Join(rowsOf(t, s), " "))
}

func summaries(t *testing.T, o *overlord, r ran) []string {
	t.Helper()
	got := []string{}
	for _, s := range o.published {
		got = append(got, summary(t, r, s))
	}
	return got
}

func buildStats(processed, withError, thrownAway, unparseable int) string {
	return fmt.Sprintf(`"buildSegments":{"processed":%d,"processedWithError":%d,"thrownAway":%d,"unparseable":%d}`, processed, withError, thrownAway, unparseable)
}

func TestIndexTaskPublishesWhatItRead(t *testing.T) {
	csv := `"parseSpec":{"format":"csv","timestampSpec":{"column":"ts","format":"auto"},"columns":["ts","page","added"],"dimensionsSpec":{"dimensions":["page"]}}`
	tsv := `"parseSpec":{"format":"tsv","hasHeaderRow":true,"timestampSpec":{"column":"ts","format":"auto"},"dimensionsSpec":{"dimensions":["page"]}}`
	json := `"parseSpec":{"format":"json","timestampSpec":{"column":"ts","format":"auto"},"dimensionsSpec":{"dimensions":["page"]}}`
	numbered := `{"type":"numbered","partitionNum":0,"partitions":0}`
	rolledUp := []string{
		"2020-01-01 " + numbered + " 01:00:a:2:3 01:00:b:1:4",
		"2020-01-03 " + numbered + " 00:00:a:1:8",
	}
	for _, test := range []struct {
		name    string
		task    string
		locked  bool // by the overlord, before the task runs
		want    []string
		actions []string
		stats   string
	}{
		{
			"json, rolled up by the hour, rows outside the intervals thrown away", index(threeDays), true, rolledUp,
			[]string{"lockList", "segmentTransactionalInsert"}, buildStats(4, 0, 1, 0),
		},
		{
			"without rollup", index(threeDays, `"queryGranularity":"HOUR"`, `"queryGranularity":"HOUR","rollup":false`), true,
			[]string{"2020-01-01 " + numbered + " 01:00:a:1:1 01:00:a:1:2 01:00:b:1:4", "2020-01-03 " + numbered + " 00:00:a:1:8"},
			[]string{"lockList", "segmentTransactionalInsert"}, buildStats(4, 0, 1, 0),
		},
		{
			"what a transformSpec makes, without what its filter leaves out",
			index(threeDays, `"metricsSpec":`, `"transformSpec":{"filter":{"type":"selector","dimension":"page","value":"A"},"transforms":[
				{"type":"expression","name":"page","expression":"upper(page)"},{"type":"expression","name":"added","expression":"added * 10"}]},"metricsSpec":`),
			true, []string{"2020-01-01 " + numbered + " 01:00:A:2:30", "2020-01-03 " + numbered + " 00:00:A:1:80"},
			[]string{"lockList", "segmentTransactionalInsert"}, buildStats(3, 0, 2, 0),
		},
		{
			"without intervals it finds and locks its own", index(threeDays, `,"intervals":["2020-01-01/2020-01-04"]`, ""), false,
			[]string{rolledUp[0], "2020-01-03 " + numbered + " 00:00:a:1:8", "2020-01-04 " + numbered + " 00:00:a:1:16"},
			[]string{
				"lockTryAcquire 2020-01-01T00:00:00.000Z/2020-01-02T00:00:00.000Z",
				"lockTryAcquire 2020-01-03T00:00:00.000Z/2020-01-05T00:00:00.000Z",
				"segmentTransactionalInsert",
			}, buildStats(5, 0, 0, 0),
		},
		{
			"csv files, zipped", index("", append(fromFiles(t, map[string]string{
				"1.csv.gz": "2020-01-01T01:10:00Z,a,1\n2020-01-01T01:50:00Z,a,2\n", "2.csv": "2020-01-01T01:50:00Z,b,4\n2020-01-03T00:00:00Z,a,8\n",
			}), json, csv)...), true, rolledUp,
			[]string{"lockList", "segmentTransactionalInsert"}, buildStats(4, 0, 0, 0),
		},
		{
			"tsv with a header in each file", index("", append(fromFiles(t, map[string]string{
				"1.tsv": "ts\tpage\tadded\n2020-01-01T01:10:00Z\ta\t1\n2020-01-01T01:50:00Z\ta\t2\n", "2.tsv": "page\tadded\tts\nb\t4\t2020-01-01T01:50:00Z\na\t8\t2020-01-03T00:00:00Z\n",
			}), json, tsv)...), true, rolledUp,
			[]string{"lockList", "segmentTransactionalInsert"}, buildStats(4, 0, 2, 0),
		},
		{
			"rows in memory bounded to one: the same segments", index(threeDays, `"tuningConfig":{"type":"index"}`, `"tuningConfig":{"type":"index","maxRowsInMemory":1}`), true, rolledUp,
			[]string{"lockList", "segmentTransactionalInsert"}, buildStats(4, 0, 1, 0),
		},
		{
			"bytes in memory bounded: the same segments", index(threeDays, `"tuningConfig":{"type":"index"}`, `"tuningConfig":{"type":"index","maxBytesInMemory":1}`), true, rolledUp,
			[]string{"lockList", "segmentTransactionalInsert"}, buildStats(4, 0, 1, 0),
		},
		{
			"full segments make room for the next number", index(threeDays, `"tuningConfig":{"type":"index"}`, `"tuningConfig":{"type":"index","targetPartitionSize":1}`), true,
			[]string{
				"2020-01-01 " + numbered + " 01:00:a:1:1",
				`2020-01-01 {"type":"numbered","partitionNum":1,"partitions":0} 01:00:a:1:2`,
				`2020-01-01 {"type":"numbered","partitionNum":2,"partitions":0} 01:00:b:1:4`,
				"2020-01-03 " + numbered + " 00:00:a:1:8",
			},
			[]string{"lockList", "segmentTransactionalInsert"}, buildStats(4, 0, 1, 0),
		},
		{
			"guaranteed rollup in one shard", index(threeDays, `"tuningConfig":{"type":"index"}`, `"tuningConfig":{"type":"index","forceGuaranteedRollup":true}`), true,
			[]string{`2020-01-01 {"type":"none"} 01:00:a:2:3 01:00:b:1:4`, `2020-01-03 {"type":"none"} 00:00:a:1:8`},
			[]string{"lockList", "segmentTransactionalInsert"}, buildStats(4, 0, 1, 0),
		},
		{
			"arbitrary intervals are segments as they are", index(threeDays, `"type":"uniform","segmentGranularity":"DAY"`, `"type":"arbitrary"`, `["2020-01-01/2020-01-04"]`, `["2020-01-01/2020-01-03","2020-01-03/2020-01-04"]`), true, rolledUp,
			[]string{"lockList", "segmentTransactionalInsert"}, buildStats(4, 0, 1, 0),
		},
		{
			"appending, the overlord numbers", index(threeDays, `"ioConfig":{`, `"ioConfig":{"appendToExisting":true,`), true,
			[]string{
				`2020-01-01 {"type":"numbered","partitionNum":5,"partitions":0} 01:00:a:2:3 01:00:b:1:4`,
				`2020-01-03 {"type":"numbered","partitionNum":6,"partitions":0} 00:00:a:1:8`,
			},
			[]string{
				"lockList", "segmentAllocate",
				"segmentAllocate after ds_2020-01-01T00:00:00.000Z_2020-01-02T00:00:00.000Z_2020-06-01T00:00:00.000Z_5",
				"segmentTransactionalInsert",
			}, buildStats(4, 0, 1, 0),
		},
		{
			"nothing to read, nothing to publish", index(""), true, []string{}, []string{"lockList"}, buildStats(0, 0, 0, 0),
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := &overlord{}
			if test.locked {
				o.held = held(t)
			}
			r := runTask(t, o, test.task)
			if r.status.Status != druid.TaskSuccess {
				t.Fatalf("status: got %+v, want a success; log:\n%s", r.status, r.log)
			}
			if diff := cmp.Diff(test.want, summaries(t, o, r)); diff != "" {
				t.Errorf("published (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.actions, o.actions); diff != "" {
				t.Errorf("actions (-want +got):\n%s", diff)
			}
			for _, want := range []string{test.stats, `"ingestionState":"COMPLETED"`, `"errorMsg":null`} {
				if !strings.Contains(r.report, want) {
					t.Errorf("report: got %s, want %s in it", r.report, want)
				}
			}
			if left, _ := filepath.Glob(filepath.Join(r.peon.Dir, "persist", "*")); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func TestGuaranteedRollupAssignsRowsByHash(t *testing.T) {
	var input strings.Builder
	for i := range 40 {
		fmt.Fprintf(&input, `{"ts":"2020-01-01T00:00:00Z","page":"p%d","added":1}`+"\n", i%20)
	}
	for _, test := range []struct {
		name, tuning string
		shards       int
		spec         string
		dims         []string
	}{
		{"given the number of shards", `"numShards":2`, 2, "hashed", nil},
		{"given the size of a shard", `"maxRowsPerSegment":7`, 3, "hashed", nil},
		{"given the dimensions to hash", `"numShards":2,"partitionDimensions":["page"]`, 2, "hashed", []string{"page"}},
		{"extendable", `"numShards":2,"forceExtendableShardSpecs":true`, 2, "numbered", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := &overlord{held: held(t)}
			r := runTask(t, o, index(input.String(), `"tuningConfig":{"type":"index"}`, `"tuningConfig":{"type":"index","forceGuaranteedRollup":true,`+test.tuning+`}`))
			if r.status.Status != druid.TaskSuccess {
				t.Fatalf("status: got %+v, want a success; log:\n%s", r.status, r.log)
			}
			var rows []string
			for _, s := range o.published {
				if s.ShardSpec.Type != test.spec || s.ShardSpec.Partitions != test.shards {
					t.Errorf("shard spec: got %+v, want %s of %d", s.ShardSpec, test.spec, test.shards)
				}
				for _, row := range rowsOf(t, s) {
					page := strings.Split(row, ":")[2]
					key := groupKey(1577836800000, []string{"page"}, test.dims, func(string) []string { return []string{page} })
					if got := shardOf(key, test.shards); got != s.ShardSpec.PartitionNum {
						t.Errorf("%s is in partition %d, want %d", page, s.ShardSpec.PartitionNum, got)
					}
					rows = append(rows, row)
				}
			}
			slices.Sort(rows)
			if n := len(slices.Compact(rows)); len(rows) != 20 || n != 20 || !strings.HasSuffix(rows[0], ":2:2") {
				t.Errorf("rows: got %d, distinct %d, first %q, want 20 of two events each", len(rows), n, rows[0])
			}
		})
	}
}

func TestUnparseableRowsAreCountedAndReported(t *testing.T) {
	bad := `{"ts":"2020-01-01T01:10:00Z","page":"a","added":1}
this is no JSON
{"ts":"never","page":"a","added":1}
{"ts":"2020-01-01T02:10:00Z","page":"b","added":"many"}
`
	for _, test := range []struct {
		name, tuning string
		status       string
		errorMsg     string // a part of it
		report       []string
	}{
		{"by default", `"maxSavedParseExceptions":0`, druid.TaskSuccess, "", []string{`"processedWithError":1,"thrownAway":0,"unparseable":2`, `"unparseableEvents":{}`}},
		{"kept for the report, the newest first", `"maxSavedParseExceptions":2`, druid.TaskSuccess, "", []string{`"determinePartitions":[],"buildSegments":["`, `this is no JSON`}[:1]},
		{"up to a maximum", `"maxParseExceptions":1,"maxSavedParseExceptions":5`, druid.TaskFailed, "java.lang.RuntimeException: Max parse exceptions exceeded, terminating task...", []string{`"unparseable":2`, "this is no JSON", `"ingestionState":"BUILD_SEGMENTS"`}},
		{"none tolerated", `"reportParseExceptions":true`, druid.TaskFailed, "java.lang.RuntimeException: Max parse exceptions exceeded, terminating task...", []string{`"unparseable":1`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := &overlord{held: held(t)}
			r := runTask(t, o, index(bad, `"tuningConfig":{"type":"index"}`, `"tuningConfig":{"type":"index",`+test.tuning+`}`))
			if r.status.Status != test.status || !strings.Contains(r.status.ErrorMsg, test.errorMsg) {
				t.Errorf("status: got %+v, want %s with %q; log:\n%s", r.status, test.status, test.errorMsg, r.log)
			}
			for _, want := range test.report {
				if !strings.Contains(r.report, want) {
					t.Errorf("report: got %s, want %s in it", r.report, want)
				}
			}
			if (len(o.published) > 0) != (test.status == druid.TaskSuccess) {
				t.Errorf("published %d segments by a task that ended %s", len(o.published), test.status)
			}
		})
	}
}

func TestIndexTasksThatFail(t *testing.T) {
	for _, test := range []struct {
		name     string
		o        overlord
		task     string
		errorMsg string
	}{
		{"no lock to be had", overlord{refuse: true}, index(threeDays, `,"intervals":["2020-01-01/2020-01-04"]`, ""), "java.lang.NullPointerException: Cannot acquire a lock for interval[2020-01-01T00"},
		{"no lock held", overlord{}, index(threeDays), "org.apache.druid.java.util.common.ISE: Cannot find a version for interval[2020-01-01T00"},
		{"input missing", overlord{held: held(t)}, index("", "FIREHOSE", `{"type":"local","baseDir":"/nonexistent","filter":"*"}`), "java.lang.IllegalArgumentException: Parameter 'directory' is not a directory: /nonexistent"},
		{"perfect rollup while appending", overlord{held: held(t)}, index(threeDays, `"ioConfig":{`, `"ioConfig":{"appendToExisting":true,`, `"tuningConfig":{"type":"index"}`, `"tuningConfig":{"type":"index","forceGuaranteedRollup":true}`), "java.lang.IllegalStateException: Perfect rollup cannot be guaranteed when appending to existing data"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := runTask(t, &test.o, test.task)
			if r.status.Status != druid.TaskFailed || !strings.HasPrefix(r.status.ErrorMsg, test.errorMsg) {
				t.Errorf("status: got %+v, want FAILED with %q; log:\n%s", r.status, test.errorMsg, r.log)
			}
			if !strings.Contains(r.report, `"errorMsg":"java`) && !strings.Contains(r.report, `"errorMsg":"org`) {
				t.Errorf("report: got %s, want the error in it", r.report)
			}
		})
	}
}

func TestRefusedPublishIsLookedUpBeforeItIsGivenUp(t *testing.T) {
	t.Run("they are there", func(t *testing.T) {
		o := &overlord{held: held(t), notInsert: true, used: func(p []druid.DataSegment) []druid.DataSegment { return p }}
		if r := runTask(t, o, index(threeDays)); r.status.Status != druid.TaskSuccess {
			t.Errorf("status: got %+v, want a success", r.status)
		}
	})
	t.Run("they are not", func(t *testing.T) {
		o := &overlord{held: held(t), notInsert: true, used: func(p []druid.DataSegment) []druid.DataSegment { return p[:1] }}
		r := runTask(t, o, index(threeDays))
		if want := "java.lang.RuntimeException: java.util.concurrent.ExecutionException: org.apache.druid.java.util.comm..."; r.status.ErrorMsg != want {
			t.Errorf("status: got %+v, want %q", r.status, want)
		}
		if zips, _ := filepath.Glob(filepath.Join(r.deep, "ds", "*", "*", "*", "index.zip")); len(zips) > 0 {
			t.Errorf("left in deep storage: %v", zips)
		}
	})
}

func TestChatAnswersWhileTheTaskRuns(t *testing.T) {
	p := New(Config{})
	get := func(path string) int {
		w := httptest.NewRecorder()
		p.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/druid/worker/v1/chat/"+path, nil))
		return w.Code
	}
	unregister := p.RegisterChat("index_2020-01-01T00:00:00.000Z", newProgress(nil, 0).chat())
	for path, want := range map[string]int{
		"index_2020-01-01T00:00:00.000Z/rowStats":              200,
		"index_2020-01-01T00%3A00%3A00.000Z/unparseableEvents": 200,
		"index_2020-01-01T00:00:00.000Z/rowStats?full":         200,
		"index_2020-01-01T00:00:00.000Z/other":                 404,
		"another/rowStats":                                     404,
	} {
		if got := get(path); got != want {
			t.Errorf("GET %s: got %d, want %d", path, got, want)
		}
	}
	unregister()
	if got := get("index_2020-01-01T00:00:00.000Z/rowStats"); got != 404 {
		t.Errorf("after the task: got %d, want 404", got)
	}
}
