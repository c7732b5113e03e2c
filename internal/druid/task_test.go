package druid_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/druid"
)

// now is the time at which the tasks of these tests are read.
const now = druid.Timestamp(1_546_300_800_000)

const nowText = "2019-01-01T00:00:00.000Z"

// rest are the members that depend on the id.
func rest(id string) string {
	return `"context":{},"groupId":"` + id + `","resource":{"availabilityGroup":"` + id + `","requiredCapacity":1}}`
}

func TestTaskIsWrittenBackAsInJava(t *testing.T) {
	const day = `"2019-01-01T00:00:00.000Z/2019-01-02T00:00:00.000Z"`
	killID := "kill_w_2019-01-01T00:00:00.000Z_2019-01-02T00:00:00.000Z_" + nowText
	for _, tt := range []struct{ name, given, want string }{
		{
			"noop with an id", `{"type":"noop","id":"n"}`,
			`{"type":"noop","id":"n","dataSource":"none","runTime":2500,"isReadyTime":0,"isReadyResult":"YES","firehose":null,` + rest("n"),
		},
		{
			"noop keeps its context in order and ignores what Java ignores", `{ "context": {"b": 1.0, "a": "\u00e9\/"}, "groupId": "g", "resource": {"requiredCapacity": 5}, "id": "n", "colour": 1, "runTime": "7", "type": "noop" }`,
			`{"type":"noop","id":"n","dataSource":"none","runTime":7,"isReadyTime":0,"isReadyResult":"YES","firehose":null,"context":{"b":1.0,"a":"é/"},"groupId":"n","resource":{"availabilityGroup":"n","requiredCapacity":1}}`,
		},
		{
			"kill", `{"type":"kill","dataSource":"w","interval":"2019-01-01/P1D"}`,
			`{"type":"kill","id":"` + killID + `","dataSource":"w","interval":` + day + `,` + rest(killID),
		},
		{
			"move, with the older name of its target", `{"type":"move","id":"m","dataSource":"w","interval":"2019-01-01/2019-01-02","targetLoadSpec":{"bucket":"b"}}`,
			`{"type":"move","id":"m","dataSource":"w","interval":` + day + `,"target":{"bucket":"b"},` + rest("m"),
		},
		{
			"archive", `{"type":"archive","id":"a","dataSource":"w","interval":` + day + `}`,
			`{"type":"archive","id":"a","dataSource":"w","interval":` + day + `,` + rest("a"),
		},
		{
			"a kind kept as it is", `{"type":"compact","dataSource":"w","interval":` + day + `,"tuningConfig":{"type":"index","ratio":1e10}}`,
			`{"type":"compact","dataSource":"w","interval":` + day + `,"tuningConfig":{"type":"index","ratio":1.0E10},"id":"compact_w_` + nowText + `",` + rest("compact_w_"+nowText),
		},
		{
			"a kind whose group is its own to say", `{"type":"index_sub","id":"s","groupId":"g","resource":{"availabilityGroup":"x","requiredCapacity":2},"spec":{"dataSchema":{"dataSource":"w"}}}`,
			`{"type":"index_sub","id":"s","groupId":"g","resource":{"availabilityGroup":"x","requiredCapacity":2},"spec":{"dataSchema":{"dataSource":"w"}},"dataSource":"w","context":{}}`,
		},
	} {
		task, err := druid.ParseTask([]byte(tt.given), now)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if diff := cmp.Diff(tt.want, string(task.JSON)); diff != "" {
			t.Errorf("%s: -want +got:\n%s", tt.name, diff)
		}
	}
}

func TestIndexTaskHasJavasDefaults(t *testing.T) {
	task, err := druid.ParseTask([]byte(`{"type":"index","spec":{
		"dataSchema":{"dataSource":"w","parser":{"type":"string","parseSpec":{"format":"json"}},
			"metricsSpec":[{"type":"hyperUnique","name":"u","fieldName":"user"},{"type":"longFirst","name":"f","fieldName":"x"},{"type":"doubleMax","name":"m","expression":"a+b"}],
			"granularitySpec":{"queryGranularity":"hour","intervals":["2019-01-01/2019-01-02"]}},
		"ioConfig":{"type":"index","firehose":{"type":"ingestSegment","dataSource":"v","interval":"2019-01-01/PT1H"},"appendToExisting":"true"},
		"tuningConfig":{"type":"index","targetPartitionSize":10,"numShards":-1,"indexSpec":{"bitmap":{"type":"roaring"}},"reportParseExceptions":true}}}`), now)
	if err != nil {
		t.Fatal(err)
	}
	id := "index_w_" + nowText
	want := `{"type":"index","id":"` + id + `","resource":{"availabilityGroup":"` + id + `","requiredCapacity":1},"spec":{` +
		`"dataSchema":{"dataSource":"w","parser":{"type":"string","parseSpec":{"format":"json"}},"metricsSpec":[` +
		`{"type":"hyperUnique","name":"u","fieldName":"user","isInputHyperUnique":false,"round":false},` +
		`{"type":"longFirst","name":"f","fieldName":"x"},{"type":"doubleMax","name":"m","fieldName":null,"expression":"a+b"}],` +
		`"granularitySpec":{"type":"uniform","segmentGranularity":"DAY","queryGranularity":"HOUR","rollup":true,"intervals":["2019-01-01T00:00:00.000Z/2019-01-02T00:00:00.000Z"]},` +
		`"transformSpec":{"filter":null,"transforms":[]}},` +
		`"ioConfig":{"type":"index","firehose":{"type":"ingestSegment","dataSource":"v","interval":"2019-01-01T00:00:00.000Z/2019-01-01T01:00:00.000Z","filter":null,"dimensions":null,"metrics":null},"appendToExisting":true},` +
		`"tuningConfig":{"type":"index","maxRowsPerSegment":10,"maxRowsInMemory":1000000,"maxBytesInMemory":0,"maxTotalRows":null,"numShards":null,"partitionDimensions":[],` +
		`"indexSpec":{"bitmap":{"type":"roaring","compressRunOnSerialization":true},"dimensionCompression":"lz4","metricCompression":"lz4","longEncoding":"longs"},` +
		`"maxPendingPersists":0,"buildV9Directly":true,"forceExtendableShardSpecs":false,"forceGuaranteedRollup":false,"reportParseExceptions":true,"pushTimeout":0,` +
		`"segmentWriteOutMediumFactory":null,"logParseExceptions":false,"maxParseExceptions":0,"maxSavedParseExceptions":0}},` +
		`"context":{},"groupId":"index_append_w","dataSource":"w"}`
	if diff := cmp.Diff(want, string(task.JSON)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	index, err := task.Index()
	if err != nil || !index.Spec.IOConfig.AppendToExisting || *index.Spec.TuningConfig.MaxRowsPerSegment != 10 {
		t.Errorf("got %+v, %v", index, err)
	}
}

func TestRealtimeTaskHasJavasDefaults(t *testing.T) {
	task, err := druid.ParseTask([]byte(`{"type":"index_realtime","spec":{"dataSchema":{"dataSource":"w"},
		"ioConfig":{"type":"realtime","firehose":{"type":"timed","shutoffTime":"2019-01-01","delegate":{"type":"receiver","serviceName":"s"}}},
		"tuningConfig":{"type":"realtime","windowPeriod":"PT5S","maxRowsInMemory":null,"shardSpec":{"type":"linear","partitionNum":3}}}}`), now)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"firehose":{"type":"timed","delegate":{"type":"receiver","serviceName":"s","bufferSize":100000,"maxIdleTime":9223372036854775807},"shutoffTime":"2019-01-01T00:00:00.000Z"},"firehoseV2":null`,
		`"maxRowsInMemory":1000000,"intermediatePersistPeriod":"PT10M","windowPeriod":"PT5S","basePersistDirectory":"/tmp/1546300800000-0"`,
		`"groupId":"index_realtime_w","dataSource":"w"}`,
	} {
		if !strings.Contains(string(task.JSON), want) {
			t.Errorf("got %s\nwant in it %s", task.JSON, want)
		}
	}
	if pattern := regexp.MustCompile(`^index_realtime_w_3_` + regexp.QuoteMeta(nowText) + `_[a-p]{8}$`); !pattern.MatchString(task.ID) {
		t.Errorf("got id %q, want %s", task.ID, pattern)
	}
	realtime, err := task.Realtime()
	if err != nil || realtime.Spec.TuningConfig.ShardSpec.PartitionNum != 3 {
		t.Errorf("got %+v, %v", realtime, err)
	}
}

// TestTaskReadTwiceStaysAsItIs checks what a restart needs: the store's JSON is read
// again.
func TestTaskReadTwiceStaysAsItIs(t *testing.T) {
	for _, given := range []string{
		`{"type":"noop"}`,
		`{"type":"restore","dataSource":"w","interval":"2019-01-01/2019-01-02"}`,
		`{"type":"same_interval_merge","dataSource":"w","interval":"2019-01-01/2019-01-02"}`,
		`{"type":"merge","dataSource":"w","segments":[{"dataSource":"w","interval":"2019-01-01/2019-01-02","version":"v"}]}`,
		`{"type":"index_realtime_appenderator","spec":{"dataSchema":{"dataSource":"w"}}}`,
		`{"type":"index_hadoop","spec":{"dataSchema":{"dataSource":"w"}}}`,
	} {
		first, err := druid.ParseTask([]byte(given), now)
		if err != nil {
			t.Errorf("%s: %v", given, err)
			continue
		}
		second, err := druid.ParseTask(first.JSON, now+1)
		if diff := cmp.Diff(first, second); err != nil || diff != "" {
			t.Errorf("%s: %v, -first +second:\n%s", given, err, diff)
		}
	}
}

func TestGeneratedIDsNameWhatTheTaskActsOn(t *testing.T) {
	for given, want := range map[string]string{
		`{"type":"noop"}`: `noop_NOW_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`,
		`{"type":"same_interval_merge","dataSource":"w","interval":"2019-01-01/2019-01-02"}`:                                           `same_interval_merge_w_NOW_2019-01-02T00:00:00\.000Z_NOW`,
		`{"type":"append","dataSource":"w","segments":[{"dataSource":"w","interval":"2019-01-01/2019-01-02","version":"v"}]}`:          `merge_w_[0-9a-f]{40}_NOW`,
		`{"type":"index_realtime_appenderator","spec":{"dataSchema":{"dataSource":"w"},"tuningConfig":{"shardSpec":{"type":"none"}}}}`: `index_realtime_w_0_NOW_[a-p]{8}`,
	} {
		task, err := druid.ParseTask([]byte(given), now)
		pattern := "^" + strings.ReplaceAll(want, "NOW", regexp.QuoteMeta(nowText)) + "$"
		if err != nil || !regexp.MustCompile(pattern).MatchString(task.ID) {
			t.Errorf("%s: got id %q, %v, want %s", given, task.ID, err, pattern)
		}
	}
}

func TestBadTaskIsRefusedInJacksonsWords(t *testing.T) {
	const class = "class org.apache.druid.indexing.common.task."
	for given, want := range map[string]string{
		`{"type":"x"}`:   "Could not resolve type id 'x' into a subtype of [simple type, " + class + "Task]",
		`{"id":"n"}`:     "missing property 'type' that is to contain type id  (for " + class + "Task)",
		`{"type":"noop"`: "EOF",
		`[]`:             "an object is expected",
		``:               "EOF",
		`{"type":"noop","isReadyResult":"PERHAPS"}`:                           "No enum constant org.apache.druid.indexing.common.task.NoopTask.IsReadyResult.PERHAPS",
		`{"type":"noop","runTime":"long"}`:                                    "runTime: Can not deserialize instance of int64 out of string",
		`{"type":"kill","interval":"2019-01-01/2019-01-02"}`:                  "Instantiation of [simple type, " + class + "KillTask] value failed: dataSource",
		`{"type":"kill","dataSource":"w"}`:                                    "KillTask] value failed: interval",
		`{"type":"kill","dataSource":"w","interval":"2019-01-01/2019-01-01"}`: "KillTask] value failed: interval empty",
		`{"type":"kill","dataSource":"w","interval":"soon"}`:                  "interval",
		`{"type":"index"}`:                          "Instantiation of [simple type, " + class + "IndexTask] value failed: null",
		`{"type":"index","spec":{"dataSchema":{}}}`: "dataSource cannot be null or empty. Please provide a dataSource.",
		`{"type":"index_realtime","spec":{"dataSchema":{"dataSource":"w"},"ioConfig":{"plumber":{}}}}`: "plumber",
		`{"type":"compact"}`:          "dataSource",
		`{"type":"noop","context":5}`: "context",
	} {
		_, err := druid.ParseTask([]byte(given), now)
		var refused *druid.TaskError
		if !errorsAs(err, &refused) || !strings.Contains(refused.Message, want) {
			t.Errorf("%s: got %v, want a TaskError with %q", given, err, want)
		}
	}
}
