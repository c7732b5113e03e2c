//go:build interop

package interop

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/cluster"
	"oakmoot/interop/real"
)

const (
	// patience is how long anything may take: Java processes start while others work, on two processors.
	patience = 120 * time.Second
	// sessionTimeout is everybody's: short for those that wait for a killed process's session, long enough for a Java
	// process that has to wait for a processor.
	sessionTimeout = 8 * time.Second
)

// game is one of our clusters, with the real processes that have seats in it.
type game struct {
	test    *testing.T // of the whole game: what a story starts lives on in the next
	kit     *real.Kit
	version string // of the real Druid
	dir     string // of the real processes
	ground  string // which ZooKeeper it runs on
	ours    *cluster.Cluster
	place   real.Place
	laid    cluster.Topology // by lay
}

// newGame is a game with Druid 0.14.0. Games run in parallel: their processes spend most of their time waiting for
// each other.
func newGame(t *testing.T) *game { return newGameOf(t, real.Druid014) }

// newGameOf finds the software and makes a directory, which is kept if the test fails.
func newGameOf(t *testing.T, version string) *game {
	t.Helper()
	t.Parallel()
	kit, err := real.Open(t.Context())
	if err != nil {
		unavailable(t, err)
	}
	played.madeWith(kit)
	dir, err := os.MkdirTemp("", "oakmoot-interop-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil { // PostgreSQL runs as another user
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("logs are kept in %s", dir)
			return
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Log(err)
		}
	})
	return &game{test: t, kit: kit, version: version, dir: dir, ground: "zkembed"}
}

// onQuorum puts the game on a quorum of three real ZooKeeper servers.
func (g *game) onQuorum(t *testing.T) []*real.Process {
	t.Helper()
	zk, err := g.kit.ZooKeeper(t.Context())
	if err != nil {
		unavailable(t, err)
	}
	servers, err := zk.StartQuorum(t.Context(), g.dir, 3)
	for _, s := range servers {
		t.Cleanup(s.Destroy)
	}
	if err != nil {
		t.Fatal(err)
	}
	hosts := []string{}
	for _, s := range servers {
		hosts = append(hosts, s.Host)
	}
	g.place.ZooKeeper = strings.Join(hosts, ",")
	g.ground = "Apache " + real.ZooKeeperVersion + " ×3"
	return servers
}

// play starts our cluster and waits until it is ready. Real processes can join it from then on.
func (g *game) play(t *testing.T, topo cluster.Topology) {
	t.Helper()
	topo, opts := g.prepare(t, topo)
	g.ours = cluster.RunT(t, topo, opts...)
	g.place.ZooKeeper, g.place.Base = g.ours.Addresses().ZooKeeper, g.ours.Addresses().Base
}

// lay starts our cluster with every seat left to a real process, so that it is ready only once they have all come.
func (g *game) lay(t *testing.T, topo cluster.Topology) {
	t.Helper()
	topo, opts := g.prepare(t, topo)
	g.place.Base = "/druid"
	if g.place.ZooKeeper == "" {
		port, err := real.FreePorts(1)
		if err != nil {
			t.Fatal(err)
		}
		g.place.ZooKeeper = fmt.Sprintf("127.0.0.1:%d", port)
		topo.ZooKeeper.Listen = g.place.ZooKeeper
	}
	var err error
	if g.ours, err = cluster.New(topo, opts...); err != nil {
		t.Fatal(err)
	}
	g.laid = topo
	ctx, leave := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- g.ours.Run(ctx) }()
	t.Cleanup(func() {
		leave()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// prepare sets what is the same in all games, including where real processes find things.
func (g *game) prepare(t *testing.T, topo cluster.Topology) (cluster.Topology, []cluster.Option) {
	t.Helper()
	topo.ZooKeeper.SessionTimeout.Duration = sessionTimeout
	if g.version != real.Druid014 { // ours writes this release by default
		topo.DruidVersion = g.version
	}
	if g.place.ZooKeeper != "" {
		topo.ZooKeeper.Mode, topo.ZooKeeper.Connect = "external", g.place.ZooKeeper
	} else {
		topo.ZooKeeper.Tick.Duration = 500 * time.Millisecond
	}
	log, err := os.Create(filepath.Join(g.dir, "ours.log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close() })
	data := filepath.Join(g.dir, "ours")
	g.place = real.Place{
		ZooKeeper: g.place.ZooKeeper, Discovery: "/druid/discovery", SessionTimeout: sessionTimeout,
		Segments: filepath.Join(data, "segments"), TaskLogs: filepath.Join(data, "task-logs"), Postgres: g.place.Postgres,
	}
	logger := hclog.New(&hclog.LoggerOptions{Output: log, Level: hclog.Debug})
	return topo, []cluster.Option{cluster.DataDir(data), cluster.Logger(logger)}
}

// seat starts a real role, and stops it when the test ends. It returns before the process serves.
func (g *game) seat(t *testing.T, role, name string, props map[string]string) *real.Process {
	t.Helper()
	druid, err := g.kit.Druid(t.Context(), g.version)
	if err != nil {
		unavailable(t, err)
	}
	p, err := druid.Launch(role, filepath.Join(g.dir, name), g.place, props)
	if err != nil {
		t.Fatal(err)
	}
	g.test.Cleanup(p.Destroy)
	return p
}

// up waits until real processes serve.
func up(t *testing.T, all ...*real.Process) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for _, p := range all {
		if err := p.Up(ctx); err != nil {
			t.Fatal(err)
		}
	}
}

// await waits until a condition on the cluster holds; real processes count.
func (g *game) await(t *testing.T, condition string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := g.ours.WaitFor(ctx, condition); err != nil {
		t.Fatal(err)
	}
}

// do carries out an action on our nodes.
func (g *game) do(t *testing.T, action string) {
	t.Helper()
	if _, err := g.ours.Do(t.Context(), action); err != nil {
		t.Fatalf("%s: %v", action, err)
	}
}

// host is where a node of ours serves.
func (g *game) host(t *testing.T, name string) string {
	t.Helper()
	for _, n := range g.ours.Addresses().Nodes {
		if n.Name == name {
			return n.Host
		}
	}
	t.Fatalf("no node is called %s", name)
	return ""
}

// served are the segments that a server announces.
func (g *game) served(t *testing.T, host string) []string {
	t.Helper()
	for _, s := range g.status(t).Segments {
		if s.Server == host {
			return slices.Sorted(slices.Values(s.SegmentIDs))
		}
	}
	return nil
}

// status is the cluster's status, including what only ZooKeeper knows: after the death of a server the observer takes
// a moment to find another one, and says so.
func (g *game) status(t *testing.T) cluster.Status {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		st, err := g.ours.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if st.ZooKeeperAway.IsZero() {
			return st
		}
		if time.Now().After(deadline) {
			t.Fatalf("ZooKeeper has been away since %s", st.ZooKeeperAway)
		}
	}
}

// announced reports whether a server announces itself.
func (g *game) announced(t *testing.T, host string) bool {
	t.Helper()
	return slices.ContainsFunc(g.status(t).Segments, func(s cluster.ServedSegments) bool { return s.Server == host })
}

// eventually waits until holds is true, and ends the story if that does not happen; seen is what it saw last.
func eventually(t *testing.T, what string, holds func() (ok bool, seen any)) {
	t.Helper()
	var seen any
	if !until(t, patience, func() (ok bool) { ok, seen = holds(); return ok }) {
		t.Fatalf("%s: got %v", what, seen)
	}
}

// soon is eventually for callers that report the failure themselves, about things that take no longer than an
// announcement takes to be seen.
func soon(t *testing.T, holds func() bool) bool {
	t.Helper()
	return until(t, 5*time.Second, holds)
}

func until(t *testing.T, limit time.Duration, holds func() bool) bool {
	t.Helper()
	for deadline := time.Now().Add(limit); !holds(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) || t.Context().Err() != nil {
			return false
		}
	}
	return true
}

// call makes a request to a process, follows redirects, and returns the body of the answer. An answer that is not a
// success fails the test.
func call(t *testing.T, method, host, path string, body any) []byte {
	t.Helper()
	code, answer := ask(t, method, host, path, body)
	if code/100 != 2 {
		t.Fatalf("%s %s%s: got %d %s", method, host, path, code, answer)
	}
	return answer
}

// ask is call for callers that want the status code.
func ask(t *testing.T, method, host, path string, body any) (int, []byte) {
	t.Helper()
	var payload io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		payload = strings.NewReader(string(b))
	}
	req, err := http.NewRequestWithContext(t.Context(), method, "http://"+host+path, payload)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json") // without it 27.0.0 answers some requests with no body
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, []byte(err.Error())
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, []byte(fmt.Sprintf("%s: %v", resp.Status, err))
	}
	return resp.StatusCode, answer
}

// post sends a body of a media type and returns the answer's media type and body.
func post(t *testing.T, host, path, kind string, body []byte) (string, []byte) {
	t.Helper()
	resp, err := http.Post("http://"+host+path, kind, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.Header.Get("Content-Type"), answer
}

// submit submits a task to the leading overlord.
func (g *game) submit(t *testing.T, task any) {
	t.Helper()
	body, err := json.Marshal(task)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.ours.Submit(t.Context(), body); err != nil {
		t.Fatal(err)
	}
}

// task is what our overlord's store and ZooKeeper say about a task.
func (g *game) task(t *testing.T, id string) cluster.Task {
	t.Helper()
	for _, task := range g.status(t).Tasks {
		if task.ID == id {
			return task
		}
	}
	return cluster.Task{}
}

// awaitTask waits until a task has a status.
func (g *game) awaitTask(t *testing.T, id, status string) {
	t.Helper()
	eventually(t, id+" is "+status, func() (bool, any) {
		task := g.task(t, id)
		return task.Status == status, task
	})
}

// awaitWorker waits until a task runs on a worker.
func (g *game) awaitWorker(t *testing.T, id, host string) {
	t.Helper()
	eventually(t, id+" is on "+host, func() (bool, any) {
		task := g.task(t, id)
		return task.Worker == host, task
	})
}

// redirected reports whether a process answers a request with a redirect to another one.
func (g *game) redirected(t *testing.T, host, path string) bool {
	t.Helper()
	stay := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := stay.Get("http://" + host + path)
	if err != nil {
		return false
	}
	resp.Body.Close()
	return resp.StatusCode == http.StatusTemporaryRedirect
}
