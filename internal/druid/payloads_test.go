package druid_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/druid"
)

func errorsAs[T error](err error, target *T) bool { return errors.As(err, target) }

func TestMissingMembersMeanWhatJavaTakesThemFor(t *testing.T) {
	for _, tt := range []struct{ kind, given, want string }{
		{
			"task-status", `{"id":"t","status":"RUNNING"}`,
			`{"id":"t","type":null,"status":"RUNNING","taskStatus":{"id":"t","status":"RUNNING","duration":-1,"errorMsg":null},"taskResource":{"availabilityGroup":"t","requiredCapacity":1},"taskLocation":{"host":null,"port":-1,"tlsPort":-1},"taskDataSource":null}`,
		},
		{"worker-announcement", `{"host":"h:1","ip":"i","capacity":1,"version":"0"}`, `{"scheme":"http","host":"h:1","ip":"i","capacity":1,"version":"0"}`},
		{
			"server-announcement", `{"name":"h:1","type":"INDEXER_EXECUTOR","tier":"t"}`,
			`{"name":"h:1","host":null,"hostAndTlsPort":null,"maxSize":0,"type":"indexer-executor","tier":"t","priority":0}`,
		},
		{"load-queue-request", `{"action":"noop"}`, `{"action":"noop"}`},
		{
			"segment-announcement", `[{"dataSource":"d","interval":"2019-01-01/2019-01-02","version":"v","colour":"blue"}]`,
			`[{"dataSource":"d","interval":"2019-01-01T00:00:00.000Z/2019-01-02T00:00:00.000Z","version":"v","loadSpec":null,"dimensions":"","metrics":"","shardSpec":{"type":"none"},"binaryVersion":null,"size":0,"identifier":"d_2019-01-01T00:00:00.000Z_2019-01-02T00:00:00.000Z_v","colour":"blue"}]`,
		},
	} {
		got, err := throughKind[tt.kind]([]byte(tt.given))
		if diff := cmp.Diff(tt.want, string(got)); err != nil || diff != "" {
			t.Errorf("%s %s: %v, -want +got:\n%s", tt.kind, tt.given, err, diff)
		}
	}
}

func TestPayloadsWithoutWhatTheyNeedAreRefused(t *testing.T) {
	for kind, given := range map[string]string{
		"task-status":          `{"status":"RUNNING"}`,
		"worker-announcement":  `{"ip":"i"}`,
		"server-announcement":  `{"type":"historical"}`,
		"load-queue-request":   `{"action":"explode","dataSource":"d"}`,
		"segment-announcement": `[{"interval":"2019-01-01/2019-01-02"}]`,
	} {
		if got, err := throughKind[kind]([]byte(given)); err == nil {
			t.Errorf("%s %s: got %s, want an error", kind, given, got)
		}
	}
}

func TestStatusMessageIsCut(t *testing.T) {
	long := strings.Repeat("é", 101)
	if got, want := (druid.TaskStatus{}).WithMessage(long).ErrorMsg, strings.Repeat("é", 100)+"..."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := (druid.TaskStatus{}).WithMessage(long[:200]).ErrorMsg; got != long[:200] {
		t.Errorf("got %q, want it whole", got)
	}
}

func TestShardSpecsAreWrittenByTheirType(t *testing.T) {
	for _, text := range []string{
		`{"type":"none"}`,
		`{"type":"linear","partitionNum":2}`,
		`{"type":"numbered","partitionNum":1,"partitions":0}`,
		`{"type":"hashed","partitionNum":0,"partitions":3,"partitionDimensions":[]}`,
		`{"type":"single","dimension":"d","start":null,"end":"m","partitionNum":0}`,
	} {
		got, err := again[druid.ShardSpec]([]byte(text))
		if err != nil || string(got) != text {
			t.Errorf("got %s, %v, want %s", got, err, text)
		}
	}
}

func TestRulesRepeatTheirType(t *testing.T) {
	for given, want := range map[string]string{
		`{"type":"loadForever"}`: `{"type":"loadForever","tieredReplicants":{"_default_tier":2},"type":"loadForever"}`,
		`{"type":"loadByPeriod","period":"P1M","tieredReplicants":{"hot":1}}`: `{"type":"loadByPeriod","period":"P1M","includeFuture":true,"tieredReplicants":{"hot":1},"type":"loadByPeriod"}`,
		`{"interval":"2012/2013","type":"dropByInterval"}`:                    `{"type":"dropByInterval","interval":"2012-01-01T00:00:00.000Z/2013-01-01T00:00:00.000Z","type":"dropByInterval"}`,
		`{"type":"dropForever","type":"dropForever"}`:                         `{"type":"dropForever","type":"dropForever"}`,
		`{"type":"broadcastForever"}`:                                         `{"type":"broadcastForever","colocatedDataSources":null,"type":"broadcastForever"}`,
	} {
		got, err := again[druid.Rule]([]byte(given))
		if diff := cmp.Diff(want, string(got)); err != nil || diff != "" {
			t.Errorf("%s: %v, -want +got:\n%s", given, err, diff)
		}
	}
	for _, bad := range []string{
		`{"type":"loadNever"}`, `{"type":"loadByPeriod"}`, `{"type":"dropByInterval"}`, `{"type":"loadForever","tieredReplicants":{}}`, `{"type":"loadForever","tieredReplicants":{"t":-1}}`,
	} {
		if got, err := again[druid.Rule]([]byte(bad)); err == nil {
			t.Errorf("%s: got %s, want an error", bad, got)
		}
	}
}

func TestDataNodeServiceHasItsTypeTwice(t *testing.T) {
	node := druid.DiscoveryNode{
		Node:     druid.Node{Service: "druid/historical", Host: "h", PlaintextPort: 8083, TLSPort: -1, EnablePlaintextPort: true},
		NodeType: druid.Historical,
		Services: []druid.NodeService{druid.LookupNodeService("__default"), druid.DataNodeService("_default_tier", 100, druid.TypeHistorical, 0)},
	}
	want := `{"druidNode":{"service":"druid/historical","host":"h","bindOnHost":false,"plaintextPort":8083,"port":-1,"tlsPort":-1,"enablePlaintextPort":true,"enableTlsPort":false},` +
		`"nodeType":"historical","services":{"lookupNodeService":{"type":"lookupNodeService","lookupTier":"__default"},` +
		`"dataNodeService":{"type":"dataNodeService","tier":"_default_tier","maxSize":100,"type":"historical","priority":0}}}`
	got, err := druid.Marshal(node)
	if diff := cmp.Diff(want, string(got)); err != nil || diff != "" {
		t.Fatalf("%v, -want +got:\n%s", err, diff)
	}
	if second, err := again[druid.DiscoveryNode](got); err != nil || string(second) != want {
		t.Errorf("read and written again: got %s, %v", second, err)
	}
}

func TestStoredDynamicConfigurationHasNoDefaults(t *testing.T) {
	const stored = `{"maxSegmentsToMove":7,"killDataSourceWhitelist":"a,b","killPendingSegmentsSkipList":["c"]}`
	got, err := again[druid.DynamicConfig]([]byte(stored))
	want := `{"millisToWaitBeforeDeleting":0,"mergeBytesLimit":0,"mergeSegmentsLimit":0,"maxSegmentsToMove":7,"replicantLifetime":0,"replicationThrottleLimit":0,` +
		`"balancerComputeThreads":1,"emitBalancingStats":false,"killDataSourceWhitelist":["a","b"],"killAllDataSources":false,"maxSegmentsInNodeLoadingQueue":0,` +
		`"decommissioningNodes":[],"decommissioningMaxPercentOfMaxSegmentsToMove":0,"protectedPendingSegmentDatasources":["c"]}`
	if diff := cmp.Diff(want, string(got)); err != nil || diff != "" {
		t.Errorf("%v, -want +got:\n%s", err, diff)
	}
	merged := druid.DefaultDynamicConfig()
	if err := merged.Merge([]byte(`{"maxSegmentsToMove":7}`)); err != nil || merged.ReplicantLifetime != 15 || merged.MaxSegmentsToMove != 7 {
		t.Errorf("merged: got %+v, %v", merged, err)
	}
}

func TestStringsAreEscapedAsJacksonDoes(t *testing.T) {
	got, err := druid.Marshal(map[string]string{"k": "<&>\u2028\u2029\x01\x1f\n\"\\u2028é"})
	want := `{"k":"<&>` + "\u2028\u2029" + `\u0001\u001F\n\"\\u2028é"}`
	if err != nil || string(got) != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
	var back map[string]string
	if err := json.Unmarshal(got, &back); err != nil || back["k"] != "<&>\u2028\u2029\x01\x1f\n\"\\u2028é" {
		t.Errorf("read again: got %q, %v", back["k"], err)
	}
}

func TestGunzipLeavesForeignBytesAlone(t *testing.T) {
	whole := druid.Gzip([]byte("payload"))
	if got := druid.Gunzip(whole); string(got) != "payload" {
		t.Errorf("got %q, want the payload", got)
	}
	for _, raw := range [][]byte{nil, []byte("{}"), {0x1f, 0x8b}, whole[:len(whole)-3], append(append([]byte(nil), whole[:len(whole)-8]...), 1, 2, 3, 4, 5, 6, 7, 8)} {
		if got := druid.Gunzip(raw); string(got) != string(raw) {
			t.Errorf("%x: got %x, want it unchanged", raw, got)
		}
	}
}
