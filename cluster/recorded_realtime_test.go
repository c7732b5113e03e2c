package cluster

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"oakmoot/interop/recording"
)

// TestWritesWhatRealDruidWroteForARealtimeNode plays the stages R of the recordings.
func TestWritesWhatRealDruidWroteForARealtimeNode(t *testing.T) {
	seconds := func(n int) Duration { return Duration{Duration: time.Duration(n) * time.Second, Set: true} }
	story{
		topo: Topology{
			Schema: 1, Name: "recorded",
			ZooKeeper: ZooKeeper{SessionTimeout: seconds(6)},
			Defaults:  Defaults{Announcer: "batch", Properties: map[string]string{"druid.segment.handoff.pollDuration": "PT2S"}},
			Roles: []Role{
				{Kind: "coordinator"}, {Kind: "historical", MaxSize: Size{Bytes: 10_000_000_000, Set: true}}, {Kind: "broker"}, {Kind: "realtime"},
			},
			Streams: []Stream{{
				DataSource: "edits", Source: "push", Timestamp: "ts", Dimensions: []string{"page", "user"},
				Metrics:            []Metric{{Type: "count", Name: "count"}, {Type: "longSum", Name: "added", Field: "added"}},
				SegmentGranularity: "MINUTE", Window: seconds(10), Persist: seconds(10), Rejection: "serverTime",
			}},
		},
		names: map[string]string{
			"127.0.0.1:21081": "coordinator-1", "127.0.0.1:21083": "historical-1", "127.0.0.1:21082": "broker-1", "127.0.0.1:21084": "realtime-1",
		},
		sessions: map[string]string{
			"f80000": "coordinator-1", "f80001": "historical-1", "f80002": "broker-1",
			"f80003": "realtime-1", "f80004": "realtime-1", "f80005": "realtime-1",
		},
		stages: []stage{
			{"R00", doing("start coordinator-1, historical-1, broker-1"), "announced(historical) == 1 and announced(broker) == 1", 0},
			{"R01", doing("start realtime-1"), "announced(realtime) == 1", time.Second},
			{"", nextMinute, "", time.Second},
			{"R02", pushed, "realtime(edits) == 1", time.Second},
			{"", nextMinute, "", time.Second},
			{"R04", pushed, "realtime(edits) == 2", time.Second},
			{"R05", nil, "served(edits) == 1 and realtime(edits) == 1", time.Second},
			{"", pushed, "", 2 * time.Second}, // which persists the row before it
			{"R06", doing("stop realtime-1"), "announced(realtime) == 0", time.Second},
			{"R07", doing("start realtime-1"), "realtime(edits) == 1", time.Second},
			{"", nextMinute, "", time.Second},
			{"R08", (*play).handedOffAndKilled, "lingering(realtime) == 0", time.Second},
			{"R09", doing("start realtime-1"), "realtime(edits) == 1", time.Second},
		},
		accepted: []recording.Difference{
			{
				Stage: "R00", Who: `^coordinator`, Line: `^create ephemeral /druid/(internal-)?discovery/`, How: recording.AnyOrder,
				Because: "LeaderLatch calls its listeners on a thread of its own, while the Lifecycle goes on to announce the node",
			},
			{
				Line: `^(create|multi delete) /druid/segments/<realtime-1>( 127.0.0.1)?$`, How: recording.LeftOut,
				Because: "its watchers make the directory, or the node itself, whoever is first; Announcer removes it if the node was",
			},
			{
				Stage: "R06", Who: `^realtime`, Line: `^multi delete /druid/segments/`, How: recording.AnyOrder,
				Because: "Announcer.stop walks over a hash map",
			},
		},
	}.tell(t)
}

// nextMinute waits for the next segment's time.
func nextMinute(*play) {
	time.Sleep(time.Until(time.Now().Truncate(time.Minute).Add(time.Minute)))
}

// pushed hands the realtime node an event of now.
func pushed(p *play) {
	events, err := json.Marshal([]map[string]any{{"ts": time.Now().UTC().Format(time.RFC3339), "page": "a", "user": "u", "added": 1}})
	if err != nil {
		p.t.Fatal(err)
	}
	p.request(http.MethodPost, "realtime-1", "/druid/worker/v1/chat/edits/push-events", string(events))
}

// handedOffAndKilled opens a second sink, waits until the first has been handed off,
// and kills the node once the second one's row is on disk.
func (p *play) handedOffAndKilled() {
	pushed(p)
	p.await("served(edits) == 2 and realtime(edits) == 1")
	pushed(p)
	time.Sleep(time.Second)
	doing("kill realtime-1")(p)
}
