package cluster

import (
	"cmp"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"oakmoot/internal/stage/observe"
	"oakmoot/internal/zk/zkconn"
	"oakmoot/interop/recording"
	"oakmoot/zkembed"
)

// story is what happened to a recorded cluster of Druid 0.14.0, to be played again.
type story struct {
	topo     Topology          // of a cluster like the recorded one
	names    map[string]string // the recorded nodes by their addresses
	sessions map[string]string // and by the last six digits of their sessions
	stages   []stage
	accepted []recording.Difference
}

// stage is a part of a story: what is done, and when it is over. One without a name was
// not recorded, and only leads to the next.
type stage struct {
	name  string
	act   func(p *play)
	until string
	after time.Duration // what may still come comes within it; settled when 0
}

// settled is how long a stage is watched after its end, unless the next one comes
// sooner: longer than the time after which a worker that is gone is given up.
const settled = 12 * time.Second

// tell plays the story again, and compares what each process wrote to ZooKeeper in each
// stage, in order.
func (s story) tell(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &play{t, RunT(t, s.topo, InMemory())}
		names := map[string]string{}
		for _, n := range p.c.nodes {
			names[n.self.HostAndPort()] = n.name
		}
		p.emptied()
		judge := recording.Comparison{Accepted: s.accepted}
		for _, stage := range s.stages {
			commits := p.during(stage.after, func() {
				if stage.act != nil {
					stage.act(p)
				}
				if stage.until != "" {
					p.await(stage.until)
				}
			})
			if stage.name == "" {
				continue
			}
			for _, text := range judge.Stage(stage.name, s.recorded(t, stage.name), recording.OfCommits(commits, names, p.c.observer.nodeOf)) {
				t.Errorf("Druid (-) and ours (+): %s", text)
			}
		}
		for _, d := range judge.Unmet() {
			t.Errorf("nothing differs any more because %s", d.Because)
		}
	})
}

// recorded is what the real cluster wrote during a stage.
func (s story) recorded(t *testing.T, stage string) *recording.Recording {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "recorded", stage+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := recording.OfCapture(text, s.names, func(session string) string { return s.sessions[session[max(0, len(session)-6):]] })
	if err != nil {
		t.Fatalf("%s: %v", stage, err)
	}
	return r
}

// play is a cluster that plays the recorded story.
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
	if _, err := p.c.Submit(p.t.Context(), []byte(task)); err != nil {
		p.t.Fatal(err)
	}
}

// emptied stops all nodes and removes what they left.
func (p *play) emptied() {
	doing("stop *")(p)
	zc, err := zkconn.Open(p.t.Context(), zkconn.Options{Servers: p.c.zookeeper.servers, SessionTimeout: 6 * time.Second, Dial: p.c.opts.net.DialContext})
	if err != nil {
		p.t.Fatal(err)
	}
	defer zc.Close()
	var paths []string
	if err := p.c.zookeeper.walk(p.t.Context(), p.c.paths, func(n observe.Znode) error { paths = append(paths, n.Path); return nil }); err != nil {
		p.t.Fatal(err)
	}
	for _, path := range slices.Backward(paths) { // children before their parents
		if err := zc.Delete(p.t.Context(), path, -1); err != nil {
			p.t.Fatal(err)
		}
	}
}

// request sends a node a request, which has to succeed.
func (p *play) request(method, name, path, body string) {
	p.t.Helper()
	i := slices.IndexFunc(p.c.nodes, func(n *node) bool { return n.name == name })
	url := "http://" + p.c.nodes[i].self.HostAndPort() + path
	req, err := http.NewRequestWithContext(p.t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := p.c.HTTPClient().Do(req)
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

// during returns what was committed while f ran and for some time afterwards.
func (p *play) during(after time.Duration, f func()) []zkembed.Commit {
	earlier := p.commits(0)
	f()
	time.Sleep(cmp.Or(after, settled))
	return p.commits(earlier[len(earlier)-1].Zxid + 1)
}

// commits are the server's from a zxid on.
func (p *play) commits(from zkembed.Zxid) (all []zkembed.Commit) {
	ctx, cancel := context.WithCancel(p.t.Context())
	defer cancel()
	got := make(chan []zkembed.Commit)
	go func() {
		var all []zkembed.Commit
		for c, err := range p.c.zookeeper.server.Commits(ctx, from) {
			if err != nil {
				p.t.Error(err)
			}
			all = append(all, c)
		}
		got <- all
	}()
	synctest.Wait() // it has read everything
	cancel()
	return <-got
}
