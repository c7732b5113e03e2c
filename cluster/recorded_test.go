package cluster

import (
	"cmp"
	"context"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"oakmoot/internal/zkconn"
	"oakmoot/zkembed"
)

// story is what befell a recorded cluster of Druid 0.14.0, to be told again.
type story struct {
	topo     Topology          // of a cluster like the recorded one
	names    map[string]string // the recorded nodes by their addresses
	sessions map[string]string // and by the last six digits of their sessions
	stages   []stage
	accepted []difference
}

// stage is a part of a story: what is done, and how one knows that it is over. One
// without a name was not recorded, and is told to get to the next.
type stage struct {
	name  string
	act   func(p *play)
	until string
	after time.Duration // what may still come comes within it; settled when 0
}

// settled is how long a stage is watched after its end, unless the next one comes
// sooner: longer than the time after which a worker that is gone is given up.
const settled = 12 * time.Second

// difference is an accepted one.
type difference struct {
	stage, who, line string // patterns
	how              treatment
	because          string
	met              bool
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

// tell tells the story again, and compares what each process wrote to ZooKeeper in
// each stage, in order.
func (s story) tell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &play{t, RunT(t, s.topo, InMemory())}
		names := map[string]string{}
		for _, n := range p.c.nodes {
			names[n.self.HostAndPort()] = n.name
		}
		p.emptied()
		for _, stage := range s.stages {
			commits := p.during(stage.after, func() {
				if stage.act != nil {
					stage.act(p)
				}
				if stage.until != "" {
					p.await(stage.until)
				}
			})
			if stage.name != "" {
				s.compare(t, stage.name, ofDruid(t, stage.name, s.names, s.sessions), ofOurs(commits, p.c.nodeOf, names))
			}
		}
		for _, d := range s.accepted {
			if !d.met {
				t.Errorf("nothing differs any more because %s", d.because)
			}
		}
	})
}

func (s story) compare(t *testing.T, stage string, theirs, ours recording) {
	for who := range union(theirs.lines, ours.lines) {
		want, got := s.judged(stage, who, theirs.lines[who]), s.judged(stage, who, ours.lines[who])
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
func (s story) judged(stage, who string, lines []string) []string {
	var inOrder, inNone []string
	for _, line := range lines {
		i := slices.IndexFunc(s.accepted, func(d difference) bool { return d.speaksOf(stage, who, line) })
		switch {
		case i < 0:
			inOrder = append(inOrder, line)
		case s.accepted[i].how == anyOrder:
			inNone = append(inNone, line)
			fallthrough
		default:
			s.accepted[i].met = true
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
