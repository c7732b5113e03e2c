package peon

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/deepstore"
	"oakmoot/internal/run/disk"
)

const lockVersion = "2020-06-01T00:00:00.000Z"

// overlord answers a task's actions as Druid's does, given its setup and what it has
// received.
type overlord struct {
	t         testing.TB
	held      []druid.Interval    // locks before the task runs
	refuse    bool                // no new locks
	unused    []druid.DataSegment // segmentListUnused
	notInsert bool                // segmentTransactionalInsert fails
	used      func(published []druid.DataSegment) []druid.DataSegment

	actions   []string // types in order, and what else the tests look at
	published []druid.DataSegment
	nuked     []druid.SegmentID
	updated   []druid.DataSegment
	allocated int
}

func (o *overlord) Do(_ context.Context, method, path string, body []byte, _ http.Header) (*http.Response, error) {
	if method != http.MethodPost || path != "/druid/indexer/v1/action" {
		o.t.Errorf("asked for %s %s, want a POST of an action", method, path)
	}
	var request struct {
		Task   json.RawMessage `json:"task"`
		Action json.RawMessage `json:"action"`
	}
	if err := json.Unmarshal(body, &request); err != nil {
		o.t.Errorf("request body %s: %v", body, err)
	}
	result, err := json.Marshal(map[string]any{"result": o.act(request.Action)})
	if err != nil {
		o.t.Errorf("answer to %s: %v", request.Action, err)
	}
	return &http.Response{StatusCode: 200, Status: "200 OK", Body: io.NopCloser(bytes.NewReader(result))}, nil
}

func (o *overlord) act(raw json.RawMessage) any {
	var action struct {
		Type              string              `json:"type"`
		Interval          string              `json:"interval"`
		Segments          []druid.DataSegment `json:"segments"`
		Timestamp         string              `json:"timestamp"`
		PreviousSegmentID *string             `json:"previousSegmentId"`
	}
	if err := json.Unmarshal(raw, &action); err != nil {
		o.t.Errorf("action %s: %v", raw, err)
	}
	o.actions = append(o.actions, strings.TrimSpace(action.Type+" "+action.Interval))
	switch action.Type {
	case "lockList":
		locks := []druid.TaskLock{}
		for _, i := range o.held {
			locks = append(locks, lockOn(i))
		}
		return locks
	case "lockTryAcquire":
		if o.refuse {
			return nil
		}
		i, err := druid.ParseInterval(action.Interval)
		if err != nil {
			o.t.Errorf("interval to lock: %v", err)
		}
		return lockOn(i)
	case "segmentAllocate":
		return o.allocate(action.Timestamp, action.PreviousSegmentID)
	case "segmentTransactionalInsert":
		o.published = append(o.published, action.Segments...)
		return map[string]any{"segments": action.Segments, "success": !o.notInsert}
	case "segmentListUsed":
		return o.used(o.published)
	case "segmentListUnused":
		return o.unused
	case "segmentNuke":
		for _, s := range action.Segments {
			o.nuked = append(o.nuked, s.ID())
		}
	case "segmentMetadataUpdate":
		o.updated = append(o.updated, action.Segments...)
	default:
		o.t.Errorf("unexpected action %s", raw)
	}
	return nil
}

// allocate hands out days, numbered from 5.
func (o *overlord) allocate(timestamp string, previous *string) any {
	if previous != nil {
		o.actions[len(o.actions)-1] += " after " + *previous
	}
	ts, err := druid.ParseTimestamp(timestamp)
	if err != nil {
		o.t.Errorf("timestamp to allocate for: %v", err)
	}
	const day = 24 * 60 * 60 * 1000
	start := ts - ts%day
	o.allocated++
	return map[string]any{
		"dataSource": "ds", "interval": druid.Interval{Start: start, End: start + day}.String(), "version": lockVersion,
		"shardSpec": map[string]any{"type": "numbered", "partitionNum": 4 + o.allocated, "partitions": 0},
	}
}

func lockOn(i druid.Interval) druid.TaskLock {
	return druid.TaskLock{Type: "EXCLUSIVE", GroupID: "g", DataSource: "ds", Interval: i, Version: lockVersion, Priority: 50}
}

// ran is what remains of a task.
type ran struct {
	status druid.TaskStatus
	report string
	log    string
	deep   string // root of the deep storage
	peon   *Peon
}

// runTask runs a task given as JSON against an overlord.
func runTask(t *testing.T, o *overlord, task string) ran {
	t.Helper()
	return runTaskOn(t, o, task, t.TempDir())
}

// runTaskOn is runTask with an existing deep storage.
func runTaskOn(t testing.TB, o *overlord, task, deep string) ran {
	t.Helper()
	o.t = t
	parsed, err := druid.ParseTask([]byte(task), 0)
	if err != nil {
		t.Fatalf("parse task: %v", err)
	}
	var log bytes.Buffer
	r := ran{deep: deep}
	cfg := Config{Task: parsed, Overlord: o, DeepStorage: deepstore.New(disk.OS{}, r.deep)}
	cfg.Disk, cfg.Dir = disk.OS{}, t.TempDir()
	cfg.Log = hclog.New(&hclog.LoggerOptions{Output: &log})
	r.peon = New(cfg)
	if r.status, err = r.peon.Run(t.Context()); err != nil {
		t.Fatalf("run: %v", err)
	}
	r.report, r.log = string(r.peon.Report()), log.String()
	return r
}

// index is an index task over inline data; changes replace parts of its JSON.
func index(data string, changes ...string) string {
	task := `{"type":"index","id":"index_t","spec":{
		"dataSchema":{"dataSource":"ds",
			"parser":{"type":"string","parseSpec":{"format":"json","timestampSpec":{"column":"ts","format":"auto"},"dimensionsSpec":{"dimensions":["page"]}}},
			"metricsSpec":[{"type":"count","name":"count"},{"type":"longSum","name":"added","fieldName":"added"}],
			"granularitySpec":{"type":"uniform","segmentGranularity":"DAY","queryGranularity":"HOUR","intervals":["2020-01-01/2020-01-04"]}},
		"ioConfig":{"type":"index","firehose":FIREHOSE},
		"tuningConfig":{"type":"index"}}}`
	for i := 0; i+1 < len(changes); i += 2 {
		task = strings.ReplaceAll(task, changes[i], changes[i+1])
	}
	inline, _ := json.Marshal(map[string]string{"type": "inline", "data": data})
	return strings.ReplaceAll(task, "FIREHOSE", string(inline))
}

// fromFiles makes the task read files.
func fromFiles(t *testing.T, files map[string]string) []string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		writeInput(t, filepath.Join(dir, name), text)
	}
	return []string{"FIREHOSE", fmt.Sprintf(`{"type":"local","baseDir":%q,"filter":"*"}`, dir)}
}

func interval(t *testing.T, s string) druid.Interval {
	t.Helper()
	i, err := druid.ParseInterval(s)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// held locks the days that the task above covers.
func held(t *testing.T) []druid.Interval {
	return []druid.Interval{interval(t, "2020-01-01/2020-01-04")}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
