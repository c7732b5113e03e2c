//go:build interop

package interop

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"oakmoot/interop/real"
)

// realtimeNode starts a real realtime node that takes edits over HTTP and hands off
// a segment for every second of them.
func (g *game) realtimeNode(t *testing.T) *real.Process {
	t.Helper()
	dir := filepath.Join(g.dir, "realtime")
	spec := []object{{
		"dataSchema": object{
			"dataSource": "edits",
			"parser": object{"type": "map", "parseSpec": object{
				"format": "json", "timestampSpec": object{"column": "t", "format": "auto"}, "dimensionsSpec": object{"dimensions": []string{"page", "user"}},
			}},
			"metricsSpec":     []object{{"type": "count", "name": "count"}, {"type": "longSum", "name": "added", "fieldName": "added"}},
			"granularitySpec": object{"type": "uniform", "segmentGranularity": "SECOND", "queryGranularity": "NONE"},
		},
		"ioConfig": object{"type": "realtime", "firehose": object{"type": "receiver", "serviceName": "edits", "bufferSize": 1000}, "plumber": object{"type": "realtime"}},
		"tuningConfig": object{
			"type": "realtime", "maxRowsInMemory": 1000, "intermediatePersistPeriod": "PT10S", "windowPeriod": "PT20S",
			"basePersistDirectory": filepath.Join(dir, "persist"), "rejectionPolicy": object{"type": "serverTime"},
			"shardSpec": object{"type": "linear", "partitionNum": 0},
		},
	}}
	text, err := json.Marshal(spec)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "spec.json")
	if err := os.WriteFile(file, text, 0o644); err != nil {
		t.Fatal(err)
	}
	return g.seat(t, "realtime", "realtime", map[string]string{"druid.realtime.specFile": file})
}

// realtimeStory is cell 12.
func (g *game) realtimeStory(t *testing.T, node *real.Process) {
	who := "realtime " + node.Version
	added := func() (string, bool) {
		_, answer := ask(t, "POST", g.host(t, "broker-1"), "/druid/v2", json.RawMessage(editsQueries[0]))
		return string(answer), strings.Contains(string(answer), `"added":7`)
	}
	g.cell(t, 12, who, "what it takes in is announced, and our broker queries it", func(t *testing.T) {
		now := time.Now().UTC().Format("2006-01-02T15:04:05.000Z")
		call(t, "POST", node.Host, "/druid/worker/v1/chat/edits/push-events", []object{
			{"t": now, "page": "a", "user": "x", "added": 1}, {"t": now, "page": "b", "user": "x", "added": 2}, {"t": now, "page": "c", "user": "y", "added": 4},
		})
		g.await(t, "realtime(edits?) == 1")
		eventually(t, "its rows", func() (bool, any) { answer, ok := added(); return ok, answer })
	})
	g.cell(t, 12, who, "handed off to our historicals through our coordinator, and no longer announced", func(t *testing.T) {
		g.await(t, "used(edits) == 1 and served(edits) == 1")
		g.await(t, "realtime(edits) == 0")
		eventually(t, "its rows", func() (bool, any) { answer, ok := added(); return ok, answer })
	})
}
