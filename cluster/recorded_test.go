package cluster

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"oakmoot/internal/zkconn"
	"oakmoot/zkembed"
)

// accepted are the differences between what real Druid wrote and what we write, each
// with its reason: lines that are left out of both, or compared in no order.
var accepted = []difference{
	{"", `^peon$`, ``, leftOut, "our tasks are goroutines of their middlemanager: they have no session, and no lookups to listen for (LookupListeningAnnouncerConfig)"},
	{"", ``, `noop_pending|index_five`, leftOut, "the recorded cluster had other tasks under way"},
	{"B0[01]", `^(coordinator|overlord)`, `^create ephemeral /druid/(internal-)?discovery/`, anyOrder, "LeaderLatch calls its listeners on a thread of its own, while the Lifecycle goes on to announce the node"},
	{"B22", `^coordinator`, `^delete`, anyOrder, "DruidLeaderSelector and ServiceAnnouncer leave on threads of their own; CAPTURES has both orders"},
}

// difference is an accepted one.
type difference struct {
	stage, who, line string // patterns
	how              treatment
	because          string
}

type treatment int

const (
	leftOut treatment = iota
	anyOrder
)

func (d difference) speaksOf(stage, who, line string) bool {
	matches := func(pattern, text string) bool { return regexp.MustCompile(pattern).MatchString(text) }
	return matches(d.stage, stage) && matches(d.who, who) && matches(d.line, line)
}

// stages is the recorded story, told again: what is done in each stage, and how one
// knows that it is over. One without a name is told only to get to the next.
var stages = []struct {
	name  string
	act   func(p *play)
	until string
	after time.Duration // what may still come comes within it; settled when 0
}{
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
	{"B23", doing("kill historical-1"), "announced(historical) == 0", 0},
	{"B24", doing("start historical-1"), "served(*) == 4", 0},
	{"B25", doing("stop historical-1"), "announced(historical) == 0", 0},
	{"B27", running("noop_wdeath", 200*time.Second), "tasks(RUNNING) == 1", 0},
	{"B28", doing("kill middlemanager-1"), "tasks(FAILED) == 3", 0},
	{"B29", doing("start middlemanager-1"), "announced(middlemanager) == 1", 0},
	{"B30", running("noop_wstop", 200*time.Second), "tasks(RUNNING) == 1", 0},
	{"B31", doing("stop middlemanager-1"), "announced(middlemanager) == 0", time.Second}, // before the overlord gives the worker up
	{"B32", doing("start middlemanager-1"), "tasks(FAILED) == 4", 0},
}

// settled is how long a stage is watched after its end, unless the next one comes
// sooner: longer than the time after which a worker that is gone is given up.
const settled = 12 * time.Second

// play is a cluster that tells the recorded story.
type play struct {
	t *testing.T
	c *Cluster
}

func doing(action string) func(p *play) {
	return func(p *play) {
		if _, err := p.c.Do(p.t.Context(), action); err != nil {
			p.t.Fatalf("%s: %v", action, err)
		}
	}
}

func asking(method, name, path string) func(p *play) {
	return func(p *play) { p.request(method, name, path, "") }
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

func (p *play) submit(task string) {
	p.t.Helper()
	if err := p.c.Submit(p.t.Context(), []byte(task)); err != nil {
		p.t.Fatal(err)
	}
}

// emptied stops all nodes and removes what they left.
func (p *play) emptied() {
	doing("stop *")(p)
	zc, err := zkconn.Open(p.t.Context(), zkconn.Options{Servers: p.c.zkServers, SessionTimeout: 6 * time.Second, Dial: p.c.opts.net.DialContext})
	if err != nil {
		p.t.Fatal(err)
	}
	defer zc.Close()
	var paths []string
	if err := p.c.walkAll(p.t.Context(), func(n znode) error { paths = append(paths, n.path); return nil }); err != nil {
		p.t.Fatal(err)
	}
	for _, path := range slices.Backward(paths) { // children before their parents
		if err := zc.Delete(p.t.Context(), path, -1); err != nil {
			p.t.Fatal(err)
		}
	}
}

// request asks a node, which has to take it.
func (p *play) request(method, name, path, body string) {
	p.t.Helper()
	i := slices.IndexFunc(p.c.nodes, func(n *node) bool { return n.name == name })
	url := "http://" + p.c.nodes[i].self.HostAndPort() + path
	req, err := http.NewRequestWithContext(p.t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	resp, err := p.c.http.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	if answer, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != http.StatusOK {
		p.t.Fatalf("%s %s: got %s, %s, %v", method, path, resp.Status, answer, err)
	}
}

func (p *play) await(condition string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 3*time.Minute)
	defer cancel()
	if err := p.c.WaitFor(ctx, condition); err != nil {
		p.t.Fatal(err)
	}
}

// during returns what was committed while f ran and for some time after it.
func (p *play) during(after time.Duration, f func()) []zkembed.Commit {
	earlier := p.commits(0)
	f()
	time.Sleep(cmp.Or(after, settled))
	return p.commits(earlier[len(earlier)-1].Zxid + 1)
}

// commits are those from a zxid on.
func (p *play) commits(from zkembed.Zxid) (all []zkembed.Commit) {
	ctx, cancel := context.WithCancel(p.t.Context())
	defer cancel()
	got := make(chan []zkembed.Commit)
	go func() {
		var all []zkembed.Commit
		for c, err := range p.c.zk.Commits(ctx, from) {
			if err != nil {
				p.t.Error(err)
			}
			all = append(all, c)
		}
		got <- all
	}()
	synctest.Wait() // it has read all there is
	cancel()
	return <-got
}

// TestWritesWhatRealDruidWrote tells the story of a recorded Druid 0.14.0 cluster
// again, and compares what each process wrote to ZooKeeper in each stage, in order.
func TestWritesWhatRealDruidWrote(t *testing.T) {
	topo := Topology{
		Schema: 1, Name: "recorded",
		ZooKeeper: ZooKeeper{SessionTimeout: Duration{6 * time.Second, true}},
		Defaults: Defaults{Announcer: "batch", Properties: map[string]string{
			"druid.indexer.runner.taskCleanupTimeout": "PT8S",
		}},
		Roles: []Role{
			{Kind: "coordinator", Count: 2}, {Kind: "overlord", Count: 2}, {Kind: "broker"},
			{Kind: "historical", MaxSize: Size{10_000_000_000, true}}, {Kind: "middlemanager", Capacity: 3},
		},
	}
	synctest.Test(t, func(t *testing.T) {
		p := &play{t, RunT(t, topo, InMemory())}
		names := map[string]string{}
		for _, n := range p.c.nodes {
			names[n.self.HostAndPort()] = n.name
		}
		p.emptied()
		for _, stage := range stages {
			commits := p.during(stage.after, func() {
				if stage.act != nil {
					stage.act(p)
				}
				p.await(stage.until)
			})
			if stage.name == "" {
				continue
			}
			compare(t, stage.name, ofDruid(t, stage.name), ofOurs(commits, p.c.nodeOf, names))
		}
	})
}

func compare(t *testing.T, stage string, theirs, ours recording) {
	for who := range union(theirs.lines, ours.lines) {
		want, got := judged(stage, who, theirs.lines[who]), judged(stage, who, ours.lines[who])
		if slices.Equal(want, got) {
			continue
		}
		missing, added := minus(want, got), minus(got, want)
		if len(missing)+len(added) == 0 {
			t.Errorf("%s: %s writes in this order\n  %s\nand Druid's in that\n  %s", stage, who, strings.Join(got, "\n  "), strings.Join(want, "\n  "))
			continue
		}
		t.Errorf("%s: %s writes otherwise than Druid's:\n- %s\n+ %s", stage, who, strings.Join(missing, "\n- "), strings.Join(added, "\n+ "))
	}
}

// judged are the lines that are compared: without those left out, and those in no
// order sorted at the end.
func judged(stage, who string, lines []string) []string {
	var inOrder, inNone []string
	for _, line := range lines {
		i := slices.IndexFunc(accepted, func(d difference) bool { return d.speaksOf(stage, who, line) })
		switch {
		case i < 0:
			inOrder = append(inOrder, line)
		case accepted[i].how == anyOrder:
			inNone = append(inNone, line)
		}
	}
	slices.Sort(inNone)
	return append(inOrder, inNone...)
}

// minus are the lines that only a has.
func minus(a, b []string) (only []string) {
	b = slices.Clone(b)
	for _, line := range a {
		if i := slices.Index(b, line); i >= 0 {
			b = slices.Delete(b, i, i+1)
			continue
		}
		only = append(only, line)
	}
	return only
}

func union(a, b map[string][]string) map[string]bool {
	all := map[string]bool{}
	for who := range a {
		all[who] = true
	}
	for who := range b {
		all[who] = true
	}
	return all
}
