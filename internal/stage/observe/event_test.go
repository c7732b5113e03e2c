package observe_test

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/druid"
	"oakmoot/internal/stage/observe"
	"oakmoot/internal/zk/zkpath"
)

// vector is a payload that Java Druid 0.14.0 wrote.
type vector struct {
	Kind, Op, Path, Hex, Capture string
}

// vectors reads the payloads that internal/druid checks its encoders against.
func vectors(t *testing.T) []vector {
	t.Helper()
	f, err := os.Open("../../druid/testdata/vectors.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []vector
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		var v vector
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	if err := lines.Err(); err != nil || len(all) == 0 {
		t.Fatalf("%d vectors, %v", len(all), err)
	}
	return all
}

func (v vector) data(t *testing.T) []byte {
	t.Helper()
	b, err := hex.DecodeString(v.Hex)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// below is the layout below a base, such as /druid.
func below(t *testing.T, base string) zkpath.Paths {
	t.Helper()
	paths, err := zkpath.New(map[string]string{"druid.zk.paths.base": base})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// first is the first vector of a kind whose payload, unpacked, holds a text.
func first(t *testing.T, kind, text string) vector {
	t.Helper()
	for _, v := range vectors(t) {
		if v.Kind == kind && strings.Contains(string(druid.Gunzip(v.data(t))), text) {
			return v
		}
	}
	t.Fatalf("no vector of kind %s with %s", kind, text)
	return vector{}
}

// What Java wrote, described when it is created, written again, deleted, and gone with its session.
func TestEventsOfWhatJavaWrites(t *testing.T) {
	const (
		segment = "wiki_2019-01-02T00:00:00.000Z_2019-01-03T00:00:00.000Z_2026-11-23T08:34:02.410Z"
		task    = "index_wiki_2026-11-23T08:34:02.288Z"
	)
	for _, test := range []struct {
		kind, holds                      string
		protocol                         observe.Protocol
		subject, peer, detail            string
		created, changed, deleted, lapse string
	}{
		{
			"leader-latch", ":20090", observe.Election, "127.0.0.1:20090", "", "latch-0000000000",
			"overlord joins the election", "overlord changes its latch", "overlord leaves the election", "overlord leaves the election",
		}, {
			"curator-x-discovery", `"druid:coordinator"`, observe.Election, "druid:coordinator", "", "127.0.0.1:20081",
			"coordinator leads", "coordinator still leads", "coordinator no longer leads", "coordinator no longer leads",
		}, {
			"curator-x-discovery", `"druid:broker"`, observe.Discovery, "druid:broker", "", "127.0.0.1:20082",
			"service announced", "service changed", "service withdrawn", "service withdrawn",
		}, {
			"internal-discovery", `"middleManager"`, observe.Discovery, "127.0.0.1:20091", "", "",
			"node discovered", "node changed", "node gone", "node gone",
		}, {
			"server-announcement", `"historical"`, observe.Announcement, "127.0.0.1:20083", "", "historical _default_tier",
			"server announced", "server changed", "server gone", "server gone",
		}, {
			"load-queue-request", `"load"`, observe.Load, segment, "127.0.0.1:20083", "",
			"load request", "load request changed", "load request done", "load request lapsed",
		}, {
			"load-queue-request", `"drop"`, observe.Load, "", "127.0.0.1:20083", "",
			"drop request", "drop request changed", "drop request done", "drop request lapsed",
		}, {
			"task-assignment", `"index"`, observe.Task, task, "127.0.0.1:20091", "",
			"task assigned", "assignment changed", "task taken", "assignment lapsed",
		}, {
			"task-status", `"host":null`, observe.Task, task, "127.0.0.1:20091", "",
			"task status RUNNING", "task status RUNNING", "task status removed", "task status removed",
		}, {
			"task-status", `"host":"127.0.0.1","port":20101`, observe.Task, task, "127.0.0.1:20091", "at 127.0.0.1:20101",
			"task status RUNNING", "task status RUNNING", "task status removed", "task status removed",
		}, {
			"worker-announcement", `"version":"0"`, observe.Task, "127.0.0.1:20091", "", "capacity 3",
			"worker announced", "worker enabled", "worker gone", "worker gone",
		}, {
			"worker-announcement", `"version":""`, observe.Task, "127.0.0.1:20091", "", "capacity 3",
			"worker disabled", "worker disabled", "worker gone", "worker gone",
		},
	} {
		v := first(t, test.kind, test.holds)
		data := v.data(t)
		subject := test.subject
		if subject == "" {
			subject = zkpath.Name(v.Path)
		}
		for _, told := range []struct {
			c      observe.Change
			verb   string
			detail string
		}{
			{observe.Change{Op: observe.OpCreate, After: data}, test.created, test.detail},
			{observe.Change{Op: observe.OpSet, Before: data, After: data}, test.changed, test.detail},
			{observe.Change{Op: observe.OpDelete, Before: data}, test.deleted, test.detail},
			{observe.Change{Op: observe.OpDelete, Before: data, Lapsed: true}, test.lapse, strings.TrimSpace(test.detail + " (its session ended)")},
		} {
			told.c.Path, told.c.Zxid = v.Path, 7
			want := observe.Event{
				Zxid: 7, Protocol: test.protocol, Verb: told.verb, Subject: subject, Peer: test.peer,
				Detail: told.detail, Path: v.Path, Payload: observe.ShownText(druid.Gunzip(data)),
			}
			if diff := cmp.Diff(replayable(want, told.c), observe.Tell(below(t, "/druid"), told.c)); diff != "" {
				t.Errorf("%s with %s, %s (-want +got):\n%s", test.kind, test.holds, told.c.Op, diff)
			}
		}
	}
}

func TestEveryKindThatJavaWritesHasWords(t *testing.T) {
	directories := map[string]bool{"directory": true, "segment-announcement-dir": true, "worker-status-dir": true, "worker-tasks-dir": true}
	for _, v := range vectors(t) {
		base, _, _ := strings.Cut(strings.TrimPrefix(v.Path, "/"), "/")
		step := observe.Tell(below(t, base), observe.Change{Op: observe.Op(v.Op), Path: v.Path, After: v.data(t)})
		layout := directories[v.Kind] || v.Kind == "lookup-listener" && !strings.Contains(v.Path, "http:")
		if (step.Protocol == observe.Layout) != layout || step.Subject == "" || step.Verb == "" {
			t.Errorf("%s %s: got %+v", v.Kind, v.Path, step)
		}
	}
}

func TestBatchNamesWhatItGainsAndLoses(t *testing.T) {
	start := druid.At(time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC))
	batch := func(names string) []byte {
		segs := []druid.DataSegment{}
		for _, name := range strings.Fields(names) {
			segs = append(segs, druid.DataSegment{DataSource: "d", Interval: druid.Interval{Start: start, End: start + 86_400_000}, Version: name, ShardSpec: druid.NumberedShardSpec(0, 0)})
		}
		b, err := druid.Marshal(segs)
		if err != nil {
			t.Fatal(err)
		}
		return druid.Gzip(b)
	}
	id := func(name string) string { return "d_2019-01-01T00:00:00.000Z_2019-01-02T00:00:00.000Z_" + name }
	for name, test := range map[string]struct {
		op                    observe.Op
		before, after         []byte
		verb, subject, detail string
	}{
		"made":      {observe.OpCreate, nil, batch("a b"), "segment announced", id("a") + " " + id("b"), "on h:1, 2 in its node"},
		"grown":     {observe.OpSet, batch("a"), batch("a b"), "segment announced", id("b"), "on h:1, 2 in its node"},
		"shrunk":    {observe.OpSet, batch("a b"), batch("a"), "segment unannounced", id("b"), "on h:1, 1 in its node"},
		"deleted":   {observe.OpDelete, batch("a"), nil, "segment unannounced", id("a"), "on h:1, 0 in its node"},
		"empty":     {observe.OpCreate, nil, batch(""), "empty batch announced", "h:1", "on h:1, 0 in its node"},
		"empty end": {observe.OpDelete, batch(""), nil, "empty batch gone", "h:1", "on h:1, 0 in its node"},
		"foreign":   {observe.OpSet, []byte("x"), []byte("y"), "empty batch changed", "h:1", "on h:1, 0 in its node"},
	} {
		got := observe.Tell(below(t, "/druid"), observe.Change{Op: test.op, Path: "/druid/segments/h:1/n", Before: test.before, After: test.after})
		if got.Verb != test.verb || got.Subject != test.subject || got.Detail != test.detail || got.Protocol != observe.Announcement {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

// replayable adds to an event what a replay of its change needs.
func replayable(e observe.Event, c observe.Change) observe.Event {
	e.Op, e.Lapsed, e.Expired = c.Op, c.Lapsed, c.Expired
	if c.Session != 0 {
		e.Session = fmt.Sprintf("0x%x", c.Session)
	}
	if c.Owner != 0 {
		e.Owner = fmt.Sprintf("0x%x", c.Owner)
	}
	return e
}

func TestOtherEvents(t *testing.T) {
	for _, test := range []struct {
		c    observe.Change
		want observe.Event
	}{
		{observe.Change{Op: observe.OpOpenSession}, observe.Event{Protocol: observe.Session, Verb: "open session"}},
		{observe.Change{Op: observe.OpCloseSession}, observe.Event{Protocol: observe.Session, Verb: "close session"}},
		{observe.Change{Op: observe.OpCloseSession, Expired: true, Session: 0x1f}, observe.Event{Protocol: observe.Session, Verb: "session expired", Session: "0x1f"}},
		{observe.Change{Op: observe.OpCreate, Path: "/druid/loadQueue"}, observe.Event{Protocol: observe.Layout, Verb: "create", Subject: "/druid/loadQueue"}},
		{observe.Change{Op: observe.OpDelete, Path: "/elsewhere"}, observe.Event{Protocol: observe.Layout, Verb: "delete", Subject: "/elsewhere"}},
		{
			observe.Change{Op: observe.OpCreate, Path: "/druid/listeners/lookups/hot/http:h:1", After: druid.Gzip([]byte{0, 0xff, 7})},
			observe.Event{Protocol: observe.Discovery, Verb: "lookup listener announced", Subject: "h:1", Detail: "tier hot", Payload: "3 bytes: 00 ff 07"},
		}, {
			observe.Change{Op: observe.OpCreate, Path: "/druid/servedSegments/h:1/d_v", After: []byte("{}")},
			observe.Event{Protocol: observe.Announcement, Verb: "segment served", Subject: "d_v", Detail: "on h:1", Payload: "{}"},
		}, { // a payload that is not JSON: the path still helps
			observe.Change{Op: observe.OpCreate, Path: "/druid/indexer/announcements/h:1", After: []byte("?")},
			observe.Event{Protocol: observe.Task, Verb: "worker announced", Subject: "h:1", Payload: "?"},
		}, {
			observe.Change{Op: observe.OpSet, Path: "/druid/discovery/druid:overlord/id", After: []byte("?")},
			observe.Event{Protocol: observe.Election, Verb: "overlord still leads", Subject: "druid:overlord", Payload: "?"},
		},
	} {
		test.want.Path = test.c.Path
		if diff := cmp.Diff(replayable(test.want, test.c), observe.Tell(below(t, "/druid"), test.c)); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", test.c.Op, test.c.Path, diff)
		}
	}
}

func TestLongPayloadIsCutBetweenCharacters(t *testing.T) {
	long := strings.Repeat("a", observe.PayloadLimit-1) + "é and more"
	got := observe.Tell(below(t, "/druid"), observe.Change{Op: observe.OpCreate, Path: "/druid/segments/h:1/n", After: []byte(long)}).Payload
	if want := long[:observe.PayloadLimit-1] + fmt.Sprintf("… (%d bytes)", len(long)); got != want {
		t.Errorf("got …%q, want …%q", got[observe.PayloadLimit-4:], want[observe.PayloadLimit-4:])
	}
}
