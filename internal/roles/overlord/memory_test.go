package overlord

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/loop"
	"oakmoot/internal/run/metadata"
	"oakmoot/internal/zk/zkconn"
	"oakmoot/internal/zk/zkpath"
)

// memory is the part of ZooKeeper that the runner's parts write to and look things up
// in: nodes by path.
type memory struct {
	zkconn.Conn // nil: nothing watches
	nodes       map[string][]byte
}

func (m memory) CreateParents(_ context.Context, path string, data []byte, _ zkconn.Mode) (string, error) {
	if _, there := m.nodes[path]; there {
		return "", &zkconn.Error{Op: "create", Path: path, Err: zkconn.ErrNodeExists}
	}
	m.nodes[path] = data
	return path, nil
}

func (m memory) Delete(_ context.Context, path string, _ int32) error {
	if _, there := m.nodes[path]; !there {
		return &zkconn.Error{Op: "delete", Path: path, Err: zkconn.ErrNoNode}
	}
	delete(m.nodes, path)
	return nil
}

func (m memory) Exists(_ context.Context, path string) (*zkconn.Stat, error) {
	if _, there := m.nodes[path]; !there {
		return nil, nil
	}
	return &zkconn.Stat{}, nil
}

func (m memory) Get(_ context.Context, path string) ([]byte, *zkconn.Stat, error) {
	data, there := m.nodes[path]
	if !there {
		return nil, nil, &zkconn.Error{Op: "get", Path: path, Err: zkconn.ErrNoNode}
	}
	return data, &zkconn.Stat{}, nil
}

func (m memory) Children(_ context.Context, path string) ([]string, error) {
	var names []string
	for p := range m.nodes {
		if rest, under := strings.CutPrefix(p, path+"/"); under {
			name, _, _ := strings.Cut(rest, "/")
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// parts are a queue and a runner without ZooKeeper, HTTP or a goroutine of their own.
type parts struct {
	*runner
	t     *testing.T
	nodes map[string][]byte
	paths zkpath.Paths
	store *metadata.Store
	said  *bytes.Buffer // the log
}

func newParts(t *testing.T) *parts {
	t.Helper()
	p := &parts{t: t, nodes: map[string][]byte{}, said: &bytes.Buffer{}}
	var err error
	if p.store, err = metadata.Open(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.store.Close() })
	if p.paths, err = zkpath.New(nil); err != nil {
		t.Fatal(err)
	}
	log := hclog.New(&hclog.LoggerOptions{Output: p.said})
	l := loop.New("the test")
	t.Cleanup(l.End)
	config := runnerConfig{
		assignmentTimeout: time.Hour, cleanupTimeout: time.Hour, maxZnodeBytes: 1000, minWorkerVersion: "0",
		blacklist: blacklistConfig{maxRetries: 1, backoff: time.Minute, maxPercent: 50},
	}
	p.runner = newRunner(config, nil, newQueue(3, p.store.Tasks, l, log), znodes{memory{nodes: p.nodes}, p.paths, log}, nil, l, log)
	t.Cleanup(p.queue.stop)
	return p
}

// add takes noop tasks into the queue.
func (p *parts) add(ids ...string) {
	p.t.Helper()
	for _, id := range ids {
		task, err := druid.ParseTask([]byte(`{"type":"noop","id":"`+id+`"}`), 0)
		if err == nil {
			err = p.queue.add(p.t.Context(), task)
		}
		if err != nil {
			p.t.Fatal(err)
		}
	}
}

// worker announces a worker whose statuses have been read.
func (p *parts) worker(host string, capacity int) *worker {
	w, _ := p.roster.announced(druid.Worker{Scheme: "http", Host: host, IP: "1", Capacity: capacity, Version: "0"})
	p.roster.ready(w)
	return w
}

// status is what a worker says about a task.
func status(id, code string) druid.TaskAnnouncement {
	return druid.TaskAnnouncement{
		Type: "noop", DataSource: "none", Location: druid.TaskLocation{Host: "h", Port: 1, TLSPort: -1},
		Status: druid.TaskStatus{ID: id, Status: code, Duration: 1}, Resource: druid.TaskResource{AvailabilityGroup: id, RequiredCapacity: 1},
	}
}

// writes puts a status into ZooKeeper, which the roster has not seen.
func (p *parts) writes(host, id, code string) {
	p.t.Helper()
	data, err := druid.Marshal(status(id, code))
	if err != nil {
		p.t.Fatal(err)
	}
	p.nodes[p.paths.Status(host, id)] = data
}

// stored is a task's status in the store.
func (p *parts) stored(id string) string {
	p.t.Helper()
	s, err := p.store.TaskStatus(p.t.Context(), id)
	if err != nil {
		p.t.Fatal(err)
	}
	return s.Status
}

// where is a task's state and worker, or "" when it is not in the queue.
func (p *parts) where(id string) string {
	it := p.queue.get(id)
	if it == nil {
		return ""
	}
	return strings.TrimSpace(string(it.state) + " " + it.worker)
}

// has reports whether there is a node.
func (p *parts) has(path string) bool {
	_, there := p.nodes[path]
	return there
}
