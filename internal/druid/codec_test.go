package druid_test

import (
	"encoding/json"
	"strings"
	"testing"

	"oakmoot/internal/druid"
)

// Types that are not in ZooKeeper: each text is as Druid 0.14.0 writes it to its tables
// and in its answers, and must survive a round trip byte for byte.
var codecs = map[string]struct {
	again func([]byte) ([]byte, error)
	texts []string
}{
	"rules": {again[druid.RuleList], []string{
		`[]`,
		`[{"tieredReplicants":{"_default_tier":2},"type":"loadForever"}]`,
		`[{"interval":"2019-01-01T00:00:00.000Z/2019-01-01T00:00:00.000Z","tieredReplicants":{"_default_tier":2},"type":"loadByInterval"}]`,
		`[{"period":"P1D","includeFuture":true,"tieredReplicants":{"_default_tier":2},"type":"loadByPeriod"}]`,
		`[{"tieredReplicants":{"_default_tier":1},"type":"loadForever"},{"type":"dropForever"}]`,
	}},
	"dynamic configuration": {again[druid.DynamicConfig], []string{
		`{"millisToWaitBeforeDeleting":900000,"mergeBytesLimit":524288000,"mergeSegmentsLimit":100,"maxSegmentsToMove":7,"replicantLifetime":15,"replicationThrottleLimit":10,"balancerComputeThreads":1,"emitBalancingStats":false,"killDataSourceWhitelist":["a","b"],"killAllDataSources":false,"maxSegmentsInNodeLoadingQueue":0,"decommissioningNodes":[],"decommissioningMaxPercentOfMaxSegmentsToMove":70,"protectedPendingSegmentDatasources":[]}`,
	}},
	"audit entry": {again[druid.AuditEntry], []string{
		`{"key":"wiki","type":"rules","auditInfo":{"author":"somebody","comment":"","ip":"127.0.0.1"},"payload":"[{\"tieredReplicants\":{\"cold\":1},\"type\":\"loadForever\"}]","auditTime":"2019-01-01T00:00:00.000Z"}`,
	}},
	"task lock": {again[druid.TaskLock], []string{
		`{"type":"EXCLUSIVE","groupId":"i","dataSource":"ds","interval":"2020-01-01T00:00:00.000Z/2020-01-02T00:00:00.000Z","version":"v","priority":50,"revoked":false}`,
		`{"type":"SHARED","groupId":"g","dataSource":"ds","interval":"2020-01-01T00:00:00.000Z/2020-01-02T00:00:00.000Z","version":"v","priority":0,"revoked":true}`,
	}},
	"task status": {again[druid.TaskStatusPlus], []string{
		`{"id":"t","type":"noop","createdTime":"1999-12-20T00:00:00.000Z","queueInsertionTime":"1999-12-20T00:00:00.000Z","statusCode":"SUCCESS","status":"SUCCESS","runnerStatusCode":"NONE","duration":1,"location":{"host":null,"port":-1,"tlsPort":-1},"dataSource":"x","errorMsg":null}`,
		`{"id":"run","type":null,"createdTime":"2019-01-01T00:00:00.000Z","queueInsertionTime":"1970-01-01T00:00:00.000Z","statusCode":"RUNNING","status":"RUNNING","runnerStatusCode":"RUNNING","duration":-1,"location":{"host":"127.0.0.1","port":8100,"tlsPort":-1},"dataSource":"none","errorMsg":null}`,
	}},
	"shard spec": {again[druid.ShardSpec], []string{
		`{"type":"none"}`,
		`{"type":"linear","partitionNum":3}`,
		`{"type":"numbered","partitionNum":1,"partitions":3}`,
		`{"type":"hashed","partitionNum":0,"partitions":2,"partitionDimensions":[]}`,
		`{"type":"single","dimension":"page","start":null,"end":"m","partitionNum":0}`,
	}},
	"allocated segment": {again[druid.SegmentIDWithShardSpec], []string{
		`{"dataSource":"ds","interval":"2020-01-01T00:00:00.000Z/2020-01-02T00:00:00.000Z","version":"v","shardSpec":{"type":"numbered","partitionNum":0,"partitions":0}}`,
	}},
}

func TestWhatDruidWritesSurvivesByteForByte(t *testing.T) {
	for kind, tt := range codecs {
		for _, want := range tt.texts {
			if got, err := tt.again([]byte(want)); err != nil || string(got) != want {
				t.Errorf("%s\ngot  %s %v\nwant %s", kind, got, err, want)
			}
		}
	}
}

func TestAbsentMembersMeanDruidsDefaults(t *testing.T) {
	for _, tt := range []struct{ kind, given, want string }{
		{"task lock", `{"groupId":"g","dataSource":"d","interval":"2020/2021","version":"v"}`, `{"type":"EXCLUSIVE","groupId":"g","dataSource":"d","interval":"2020-01-01T00:00:00.000Z/2021-01-01T00:00:00.000Z","version":"v","priority":0,"revoked":false}`},
		{"task status", `{"id":"t"}`, `"location":{"host":null,"port":-1,"tlsPort":-1},"dataSource":null,"errorMsg":null}`},
		{"shard spec", `null`, `{"type":"none"}`},
		{"dynamic configuration", `{"killPendingSegmentsSkipList":["a"]}`, `"protectedPendingSegmentDatasources":["a"]}`},
		{"dynamic configuration", `{"balancerComputeThreads":0}`, `"balancerComputeThreads":1,`},
	} {
		if got, err := codecs[tt.kind].again([]byte(tt.given)); err != nil || !strings.Contains(string(got), tt.want) {
			t.Errorf("%s %s\ngot  %s %v\nwant %s", tt.kind, tt.given, got, err, tt.want)
		}
	}
}

func TestTextsForeignToDruidAreErrors(t *testing.T) {
	for kind, texts := range map[string][]string{
		"rules":                 {`{}`, `[7]`, `[{"type":"loadByInterval","interval":"soon"}]`},
		"dynamic configuration": {`[]`, `{"mergeBytesLimit":"many"}`},
		"audit entry":           {`7`, `{"auditTime":"soon"}`},
		"task lock":             {`[]`, `{"interval":"soon"}`, `{"priority":"high"}`},
		"task status":           {`[]`, `{"createdTime":"soon"}`},
		"shard spec":            {`7`, `{"type":"linear","partitionNum":"first"}`},
		"allocated segment":     {`[]`, `{"interval":"soon"}`},
	} {
		for _, text := range texts {
			if got, err := codecs[kind].again([]byte(text)); err == nil {
				t.Errorf("%s %s: got %s, want an error", kind, text, got)
			}
		}
	}
}

func TestConfigurationIsMergedAndThenChecked(t *testing.T) {
	for given, want := range map[string]string{
		`{"maxSegmentsToMove":9}`:                                           "",
		`{"decommissioningMaxPercentOfMaxSegmentsToMove":101}`:              "decommissioningMaxPercentOfMaxSegmentsToMove should be in range [0, 100]",
		`{"killAllDataSources":true,"killDataSourceWhitelist":["a"]}`:       "can't have killAllDataSources and non-empty killDataSourceWhitelist",
		`{"maxSegmentsToMove":"many"}`:                                      "coordinator configuration",
		`{"maxSegmentsToMove":null,"killDataSourceWhitelist":"a,b","x":{}}`: "",
	} {
		c := druid.DefaultDynamicConfig()
		before, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		err = c.Merge([]byte(given))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: got %v, want %q", given, err, want)
		}
		if given == `{"maxSegmentsToMove":9}` {
			after, err := json.Marshal(c)
			changed := strings.Replace(string(before), `"maxSegmentsToMove":5`, `"maxSegmentsToMove":9`, 1)
			if err != nil || string(after) != changed {
				t.Errorf("%s: got %s %v, want %s", given, after, err, changed)
			}
		}
	}
}
