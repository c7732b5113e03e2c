package cluster

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"oakmoot/interop/recording"
)

// TestWritesWhatRealDruidWroteForTasksSegmentsAndLeaders plays the stages B of the
// recordings.
func TestWritesWhatRealDruidWroteForTasksSegmentsAndLeaders(t *testing.T) {
	story{
		topo: Topology{
			Schema: 1, Name: "recorded",
			ZooKeeper: ZooKeeper{SessionTimeout: Duration{Duration: 6 * time.Second, Set: true}},
			Defaults:  Defaults{Announcer: "batch", Properties: map[string]string{"druid.indexer.runner.taskCleanupTimeout": "PT8S"}},
			Roles: []Role{
				{Kind: "coordinator", Count: 2}, {Kind: "overlord", Count: 2}, {Kind: "broker"},
				{Kind: "historical", MaxSize: Size{Bytes: 10_000_000_000, Set: true}}, {Kind: "middlemanager", Capacity: 3},
			},
		},
		names: map[string]string{
			"127.0.0.1:20081": "coordinator-1", "127.0.0.1:20281": "coordinator-2",
			"127.0.0.1:20090": "overlord-1", "127.0.0.1:20290": "overlord-2",
			"127.0.0.1:20091": "middlemanager-1", "127.0.0.1:20083": "historical-1", "127.0.0.1:20082": "broker-1",
		},
		sessions: map[string]string{
			"650000": "coordinator-1", "650008": "coordinator-2", "65000d": "coordinator-1",
			"650001": "overlord-1", "650009": "overlord-2", "65000c": "overlord-1",
			"650002": "middlemanager-1", "650013": "middlemanager-1", "650016": "middlemanager-1",
			"650003": "historical-1", "65000e": "historical-1", "65000f": "historical-1",
			"650004": "broker-1",
		},
		stages: []stage{
			{"B00", doing("start coordinator-1"), "leaders(coordinator) == 1", 0},
			{"B01", doing("start overlord-1"), "leaders(overlord) == 1", 0},
			{"B02", doing("start middlemanager-1"), "announced(middlemanager) == 1", 0},
			{"B03", doing("start historical-1"), "announced(historical) == 1", 0},
			{"B04", doing("start broker-1"), "announced(broker) == 1", 0},
			{"B06", indexing("wiki"), "served(wiki) == 2 and tasks(SUCCESS) == 1", 0},
			{"B07a", indexing("keep"), "served(keep) == 2 and tasks(SUCCESS) == 2", 0},
			{"B07", asking(http.MethodDelete, "coordinator-1", "/druid/coordinator/v1/datasources/wiki"), "served(wiki) == 0", 0},
			{"B08", asking(http.MethodPost, "coordinator-1", "/druid/coordinator/v1/datasources/wiki"), "served(wiki) == 2", 0},
			{"B09", (*play).indexNothing, "tasks(FAILED) == 1", 0},
			{"B10", (*play).shutDown, "tasks(FAILED) == 2", 0},
			{"B11", asking(http.MethodPost, "middlemanager-1", "/druid/worker/v1/disable"), "up(*) == 5", 0},
			{"B13", asking(http.MethodPost, "middlemanager-1", "/druid/worker/v1/enable"), "up(*) == 5", 0},
			{"B14", doing("start coordinator-2"), "candidates(coordinator) == 2", 0},
			{"B15", doing("start overlord-2"), "candidates(overlord) == 2", 0},
			{"", running("noop_failover", 40*time.Second), "tasks(RUNNING) == 1", 0},
			{"B17", doing("kill overlord-1"), "candidates(overlord) == 1 and leaders(overlord) == 1", 0},
			{"B18", nil, "tasks(RUNNING) == 0", 0},
			{"B19", doing("kill coordinator-1"), "candidates(coordinator) == 1 and leaders(coordinator) == 1", 0},
			{"", doing("start overlord-1, coordinator-1"), "candidates(coordinator) == 2 and candidates(overlord) == 2", 0},
			{"B21", doing("stop overlord-2"), "candidates(overlord) == 1 and leaders(overlord) == 1", 0},
			{"B22", doing("stop coordinator-2"), "candidates(coordinator) == 1 and leaders(coordinator) == 1", 0},
			{"B23", doing("kill historical-1"), "lingering(historical) == 0", 0},
			{"B24", doing("start historical-1"), "served(*) == 4", 0},
			{"B25", doing("stop historical-1"), "announced(historical) == 0", 0},
			{"B27", running("noop_wdeath", 200*time.Second), "tasks(RUNNING) == 1", 0},
			{"B28", doing("kill middlemanager-1"), "tasks(FAILED) == 3", 0},
			{"B29", doing("start middlemanager-1"), "announced(middlemanager) == 1", 0},
			{"B30", running("noop_wstop", 200*time.Second), "tasks(RUNNING) == 1", 0},
			{"B31", doing("stop middlemanager-1"), "announced(middlemanager) == 0", time.Second}, // before the overlord gives the worker up
			{"B32", doing("start middlemanager-1"), "tasks(FAILED) == 4", 0},
		},
		accepted: []recording.Difference{
			{
				Who: `^peon$`, How: recording.LeftOut,
				Because: "our tasks are goroutines of their middlemanager: they have no session, and no lookups to listen for (LookupListeningAnnouncerConfig)",
			},
			{
				Who: `^middlemanager`, Line: `^multi (create /druid/indexer/status|delete /druid/indexer/tasks)/`, How: recording.Together,
				Because: "a worker takes an assignment in one transaction: WorkerTaskMonitor begins a task of which the assignment is gone, while the next leader gives it to another worker",
			},
			{
				Line: `noop_pending|index_five`, How: recording.LeftOut,
				Because: "the recorded cluster had other tasks under way",
			},
			{
				Stage: "B0[01]", Who: `^(coordinator|overlord)`, Line: `^create ephemeral /druid/(internal-)?discovery/`, How: recording.AnyOrder,
				Because: "LeaderLatch calls its listeners on a thread of its own, while the Lifecycle goes on to announce the node",
			},
			{
				Stage: "B22", Who: `^coordinator`, Line: `^delete`, How: recording.AnyOrder,
				Because: "DruidLeaderSelector and ServiceAnnouncer leave on threads of their own; CAPTURES has both orders",
			},
		},
	}.tell(t)
}

func running(id string, length time.Duration) func(p *play) {
	return func(p *play) {
		p.submit(fmt.Sprintf(`{"type":"noop","id":%q,"runTime":%d}`, id, length.Milliseconds()))
	}
}

// indexing indexes two rows of two days.
func indexing(dataSource string) func(p *play) {
	return func(p *play) {
		dir := p.t.TempDir()
		rows := `{"ts":"2019-01-01T01:00:00Z","page":"a","added":1}` + "\n" + `{"ts":"2019-01-02T01:00:00Z","page":"b","added":2}` + "\n"
		if err := os.WriteFile(filepath.Join(dir, "rows.json"), []byte(rows), 0o644); err != nil {
			p.t.Fatal(err)
		}
		p.submit(recordedTask("", dataSource, dir))
	}
}

// indexNothing indexes a directory that is not there.
func (p *play) indexNothing() {
	p.submit(recordedTask(`"id":"index_bad_2026-11-23T08:45:31.368Z",`, "bad", "/nonexistent"))
}

// recordedTask is the task of the recorded story.
func recordedTask(id, dataSource, dir string) string {
	return fmt.Sprintf(`{"type":"index",%s"spec":{
		"dataSchema":{"dataSource":%q,
			"parser":{"type":"string","parseSpec":{"format":"json","timestampSpec":{"column":"ts","format":"iso"},"dimensionsSpec":{"dimensions":["page"]}}},
			"metricsSpec":[{"type":"count","name":"count"},{"type":"longSum","name":"added","fieldName":"added"}],
			"granularitySpec":{"type":"uniform","segmentGranularity":"DAY","queryGranularity":"NONE","intervals":["2019-01-01/2019-01-03"]}},
		"ioConfig":{"type":"index","firehose":{"type":"local","baseDir":%q,"filter":"*.json"},"appendToExisting":false},
		"tuningConfig":{"type":"index"}}}`, id, dataSource, dir)
}

// shutDown runs a task and shuts it down.
func (p *play) shutDown() {
	running("noop_shutdown", time.Minute)(p)
	p.await("tasks(RUNNING) == 1")
	time.Sleep(2 * time.Second)
	p.request(http.MethodPost, "overlord-1", "/druid/indexer/v1/task/noop_shutdown/shutdown", "")
}
