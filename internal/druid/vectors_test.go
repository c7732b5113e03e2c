package druid_test

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"oakmoot/internal/druid"
)

// vector is a payload that a real Druid 0.14.0 cluster wrote to ZooKeeper.
type vector struct {
	Kind, Capture, Path, Op, Hex string
	Gzip                         bool
}

func vectors(t testing.TB) []vector {
	t.Helper()
	f, err := os.Open("testdata/vectors.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []vector
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var v vector
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	if err := lines.Err(); err != nil || len(all) < 200 {
		t.Fatalf("%d vectors, %v", len(all), err)
	}
	return all
}

// again decodes a payload into its type and encodes it again.
func again[T any](b []byte) ([]byte, error) {
	var v T
	if err := json.Unmarshal(b, &v); err != nil {
		return nil, err
	}
	return druid.Marshal(v)
}

// throughKind re-encodes a payload according to the kind that its capture states.
var throughKind = map[string]func([]byte) ([]byte, error){
	"curator-x-discovery":  again[druid.ServiceInstance],
	"internal-discovery":   again[druid.DiscoveryNode],
	"load-queue-request":   again[druid.ChangeRequest],
	"segment-announcement": again[[]druid.DataSegment],
	"server-announcement":  again[druid.ServerMetadata],
	"task-status":          again[druid.TaskAnnouncement],
	"worker-announcement":  again[druid.Worker],
	"task-assignment": func(b []byte) ([]byte, error) {
		t, err := druid.ParseTask(b, 0)
		return t.JSON, err
	},
}

// foreign are payloads in the captures that no Druid wrote: hand-made ones, which may
// differ from Druid's.
func foreign(v vector) bool { return v.Capture[0] == 'F' }

func TestRealPayloadsSurviveByteForByte(t *testing.T) {
	checked := map[string]int{}
	for _, v := range vectors(t) {
		through, ok := throughKind[v.Kind]
		payload, err := hex.DecodeString(v.Hex)
		if err != nil {
			t.Fatal(err)
		}
		want := druid.Gunzip(payload)
		if v.Gzip == bytes.Equal(want, payload) {
			t.Errorf("%s: gzip %v, but Gunzip changed it %v", v.Path, v.Gzip, !bytes.Equal(want, payload))
		}
		if !ok || len(want) == 0 || foreign(v) {
			continue
		}
		checked[v.Kind]++
		got, err := through(want)
		if err != nil {
			t.Errorf("%s %s: %v\n%s", v.Kind, v.Path, err, want)
		} else if !bytes.Equal(got, want) {
			t.Errorf("%s %s:\ngot  %s\nwant %s", v.Kind, v.Path, got, want)
		}
	}
	for kind := range throughKind {
		if checked[kind] == 0 {
			t.Errorf("no vector of kind %s was checked", kind)
		}
	}
	t.Logf("checked %v", checked)
}
