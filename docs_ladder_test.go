package main

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"oakmoot/cluster"
)

// A ladder is one protocol in a run: the steps between two acts that are its business.
type ladder struct {
	from, until string // verbs of acts; "" is the beginning, or the end
	shows       func(s cluster.TraceStep) bool
}

// ladders are those of the explanations, by their names.
var ladders = map[string]ladder{
	"election": {"", "expire_session", func(s cluster.TraceStep) bool {
		return strings.HasPrefix(s.Node, "coordinator") && (s.Protocol == cluster.ProtocolElection || s.Expired) || is(s, "kill")
	}},
	"announcement": {"", "publish", func(s cluster.TraceStep) bool {
		return s.Node == "historical-1" && (s.Protocol == cluster.ProtocolAnnouncement || s.Protocol == cluster.ProtocolDiscovery)
	}},
	"lost-session": {"expire_session", "rules", func(s cluster.TraceStep) bool {
		return s.Node == "historical-1" && !strings.HasPrefix(s.Subject, "clicks") && (s.Protocol == cluster.ProtocolAnnouncement || s.Protocol == cluster.ProtocolDiscovery || s.Expired) || is(s, "expire_session")
	}},
	"load": {"expire_session", "rules", func(s cluster.TraceStep) bool {
		return strings.HasPrefix(s.Subject, "clicks") && s.Protocol != cluster.ProtocolTask && !strings.HasPrefix(s.Verb, "noop")
	}},
	"drop": {"rules", "kill middlemanager-1", func(s cluster.TraceStep) bool {
		return strings.HasPrefix(s.Subject, "clicks") && !strings.HasPrefix(s.Verb, "noop")
	}},
	"task": {"expire_session", "rules", func(s cluster.TraceStep) bool {
		return s.Protocol == cluster.ProtocolTask
	}},
	"lost-worker": {"rules", "", func(s cluster.TraceStep) bool {
		return s.Node != "" && s.Protocol == cluster.ProtocolTask || s.Node == "middlemanager-1" && s.Expired || is(s, "kill")
	}},
}

// is tells an act by its verb, or by its verb and what follows.
func is(s cluster.TraceStep, act string) bool {
	return s.Protocol == cluster.ProtocolFault && (s.Verb == act || strings.HasPrefix(s.Verb+" "+s.Subject, act))
}

// of are the steps of a run that a ladder shows.
func (l ladder) of(run []cluster.TraceStep) []cluster.TraceStep {
	var shown []cluster.TraceStep
	begun := l.from == ""
	for _, s := range run {
		begun = begun || is(s, l.from)
		if begun && l.until != "" && is(s, l.until) {
			break
		}
		if begun && l.shows(s) {
			shown = append(shown, s)
		}
	}
	return shown
}

// tellRun is the steps of the run that the ladders are drawn from: one of each role, a second
// coordinator, a leader that dies, a session that ends, rows, a rule that drops them, and a
// worker that dies with a task. It takes no real time, and is told once.
func tellRun(t *testing.T) (run []cluster.TraceStep) {
	t.Helper()
	if theRun != nil {
		return theRun
	}
	synctest.Test(t, func(t *testing.T) {
		topo := cluster.Small()
		topo.Defaults.Properties = map[string]string{"druid.indexer.runner.taskCleanupTimeout": "PT1M"} // fifteen minutes are long, even virtual ones
		c, err := cluster.New(topo, cluster.InMemory(), cluster.KeepSteps())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		ended := make(chan error, 1)
		go func() { ended <- c.Run(ctx) }()
		<-c.Ready()
		p := play{t, c, ctx}
		p.do("publish visits", "served(visits) == 1 and queued() == 0") // a coordinator drops nothing if nothing at all is used
		p.do("scale coordinator count 2", "candidates(coordinator) == 2 and up(coordinator) == 2")
		p.do("kill coordinator@leader", "leaders(coordinator) == 1")
		p.do("expire_session historical-1", "announced(historical-1) == 1 and lingering(historical-1) == 0")
		ds := cluster.DataSource{Name: "clicks", Timestamp: "at", Metrics: []cluster.Metric{{Type: "count", Name: "n"}}}
		if _, err := c.Ingest(ctx, ds, map[string]string{"at": "2019-01-01", "page": "home"}); err != nil {
			t.Fatal(err)
		}
		p.wait("used(clicks) == 1 and served(clicks) == 1 and queued() == 0")
		p.do(`rules clicks json [{"type":"dropForever"}]`, "served(clicks) == 0 and queued() == 0")
		p.do(`submit json {"type":"noop","id":"noop_1","runTime":3600000}`, "znodes(/druid/indexer/status/**) == 2")
		p.do("kill middlemanager-1", "tasks(FAILED) == 1")
		cancel()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		run = c.Story().Steps
	})
	theRun = run
	return run
}

var theRun []cluster.TraceStep // of tellRun, once it has been told

// play is a cluster to which something is done.
type play struct {
	t   *testing.T
	c   *cluster.Cluster
	ctx context.Context
}

func (p play) do(action, until string) {
	p.t.Helper()
	if _, err := p.c.Do(p.ctx, action); err != nil {
		p.t.Fatal(err)
	}
	p.wait(until)
}

func (p play) wait(until string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, time.Hour)
	defer cancel()
	if err := p.c.WaitFor(ctx, until); err != nil {
		p.t.Fatal(err)
	}
	synctest.Wait() // what is under way gets done before the next act
}

// ladderReference draws a ladder, and tells what each rung writes.
func ladderReference(t *testing.T, name string) string {
	l, known := ladders[name]
	if !known {
		t.Fatalf("there is no ladder %q", name)
	}
	run := tellRun(t)
	steady := newSteady(run)
	steps := l.of(run)
	if len(steps) < 3 {
		t.Fatalf("the ladder %s has %d steps", name, len(steps))
	}
	var b strings.Builder
	b.WriteString("```mermaid\nsequenceDiagram\n")
	for _, who := range lanes(steps) {
		fmt.Fprintf(&b, "    participant %s\n", who)
	}
	tab := newTable("", "who", "what", "znode", "content")
	for i, s := range steps {
		if i > 0 {
			if gap := s.Time.Sub(steps[i-1].Time).Round(time.Second); gap >= worthTelling {
				fmt.Fprintf(&b, "    Note over ZooKeeper: %s later\n", strings.Replace(gap.String(), "m0s", "m", 1))
			}
		}
		fmt.Fprintf(&b, "    %s\n", rung(s))
		tab.row(fmt.Sprint(i+1), lane(s), s.Verb, steady.of(cmp.Or(code(strings.TrimSpace(s.Op+" "+s.Path)), s.Subject)), code(shortened(steady.of(s.Payload))))
	}
	return b.String() + "```\n\n" + tab.String()
}

// lanes are the participants: ZooKeeper, and whoever acts.
func lanes(steps []cluster.TraceStep) []string {
	var nodes []string
	for _, s := range steps {
		if who := lane(s); who != zooKeeperLane && !slices.Contains(nodes, who) {
			nodes = append(nodes, who)
		}
	}
	slices.Sort(nodes)
	return slices.Insert(nodes, min(1, len(nodes)), zooKeeperLane)
}

const zooKeeperLane = "ZooKeeper"

func lane(s cluster.TraceStep) string { return cmp.Or(s.Node, zooKeeperLane) }

// rung is a step as Mermaid draws it.
func rung(s cluster.TraceStep) string {
	who := lane(s)
	switch {
	case s.Protocol == cluster.ProtocolFault:
		return fmt.Sprintf("Note over %s: %s", who, strings.ReplaceAll(s.Verb+" "+s.Subject, ";", ","))
	case s.Lapsed, s.Expired:
		return fmt.Sprintf("ZooKeeper->>ZooKeeper: %s (of %s)", s.Verb, who)
	}
	return fmt.Sprintf("%s->>ZooKeeper: %s", who, s.Verb)
}

// worthTelling is a silence that is more than the period of some duty.
const worthTelling = 4 * time.Second

// contentShown is how many characters of a content a ladder shows.
const contentShown = 160

func shortened(text string) string {
	text = oneLine(text)
	if r := []rune(text); len(r) > contentShown {
		return string(r[:contentShown]) + "…"
	}
	return text
}

// steady puts names in the place of what differs from run to run.
type steady struct{ hosts *strings.Replacer }

var (
	ladderTime = regexp.MustCompile(`2000-01-01T\d\d:\d\d:\d\d\.\d{3}Z`)
	ladderID   = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}\d*`)
	ladderZero = strings.NewReplacer("T00:00:00.000Z", "")
	ladderStay = regexp.MustCompile(`"path":"[^"]*"|"registrationTimeUTC":\d+|127\.0\.0\.1:\d+|"port":\d{4,5}|"plaintextPort":\d{4,5}|"duration":\d+`)
)

// newSteady knows the hosts of a run's nodes.
func newSteady(run []cluster.TraceStep) steady {
	var pairs []string
	for _, s := range run {
		if s.Protocol == cluster.ProtocolNode && s.Verb == "is up" {
			pairs = append(pairs, s.Subject, "{"+s.Node+"}")
		}
	}
	return steady{strings.NewReplacer(pairs...)}
}

func (s steady) of(text string) string {
	text = s.hosts.Replace(text)
	text = ladderTime.ReplaceAllString(text, "TIME")
	text = ladderID.ReplaceAllString(text, "ID")
	text = ladderZero.Replace(text)
	return ladderStay.ReplaceAllStringFunc(text, func(m string) string {
		switch key, _, found := strings.Cut(m, `":`); {
		case found && key == `"path`:
			return key + `":"FILE"`
		case found:
			return key + `":N`
		}
		return "{peon}"
	})
}
