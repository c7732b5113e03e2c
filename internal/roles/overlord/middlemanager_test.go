package overlord

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/node"
	"oakmoot/internal/zk/zkconn"
)

// middlemanager is what an overlord sees of one: plain ZooKeeper calls, and its HTTP.
type middlemanager struct {
	w    *world
	info druid.Worker
	zc   zkconn.Conn
	end  func() // closes the session and the address; may be called twice

	mu       sync.Mutex // guards the fields below
	deaf     bool       // takes no assignments
	stubborn bool       // carries out no shutdown
	auto     string     // status with which each task ends at once; "" leaves it running
	taken    []string
	asked    []string // HTTP requests
}

func (w *world) middlemanager(port int, change ...func(*middlemanager)) *middlemanager {
	w.T.Helper()
	host := fmt.Sprintf("127.0.0.1:%d", port)
	m := &middlemanager{w: w, info: druid.Worker{Scheme: "http", Host: host, IP: "127.0.0.1", Capacity: 2, Version: "0"}}
	for _, f := range change {
		f(m)
	}
	m.zc = w.Open(w.Net.DialContext)
	leave := w.Serve(host, m)
	m.create(w.Paths.TasksOf(host), []byte(`{"created":"2019-01-01T00:00:00.000Z"}`), zkconn.Persistent)
	m.create(w.Paths.StatusesOf(host), []byte(`{"created":"2019-01-01T00:00:00.000Z"}`), zkconn.Persistent)
	rest := w.Background("the worker "+host, m.follow)
	m.end = func() { rest(); leave(); m.zc.Close() }
	m.create(w.Paths.Worker(host), druid.Gzip(m.announcement()), zkconn.Ephemeral)
	return m
}

func (m *middlemanager) announcement() []byte {
	b, err := druid.Marshal(m.info)
	if err != nil {
		m.w.T.Fatal(err)
	}
	return b
}

// create makes a node unless it is there.
func (m *middlemanager) create(path string, data []byte, mode zkconn.Mode) {
	m.w.T.Helper()
	if _, err := m.zc.CreateParents(m.w.T.Context(), path, data, mode); err != nil && !errors.Is(err, zkconn.ErrNodeExists) {
		m.w.T.Fatal(err)
	}
}

// version announces another version, as a worker does that is disabled or enabled.
func (m *middlemanager) version(v string) {
	m.w.T.Helper()
	m.info.Version = v
	if _, err := m.zc.Set(m.w.T.Context(), m.w.Paths.Worker(m.info.Host), druid.Gzip(m.announcement()), -1); err != nil {
		m.w.T.Fatal(err)
	}
}

// follow takes assignments until ctx ends.
func (m *middlemanager) follow(ctx context.Context) error {
	for ctx.Err() == nil {
		ids, changed, err := m.zc.ChildrenW(ctx, m.w.Paths.TasksOf(m.info.Host))
		if err != nil {
			return nil // the session is over
		}
		m.mu.Lock()
		deaf := m.deaf
		m.mu.Unlock()
		for _, id := range ids {
			if !deaf {
				m.take(ctx, id)
			}
		}
		select {
		case <-changed.C:
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
		}
	}
	return nil
}

// take runs a task: the status is written, then the assignment deleted.
func (m *middlemanager) take(ctx context.Context, id string) {
	data, stat, err := m.zc.Get(ctx, m.w.Paths.Task(m.info.Host, id))
	if err != nil {
		return
	}
	task, err := druid.ParseTask(data, 0)
	if err != nil || stat.EphemeralOwner == 0 {
		m.w.T.Errorf("assignment %s: got %s owner %x %v, want a task, ephemeral", id, data, stat.EphemeralOwner, err)
		return
	}
	m.mu.Lock()
	m.taken = append(m.taken, id)
	auto := m.auto
	m.mu.Unlock()
	m.announce(id, druid.TaskRunning, druid.UnknownLocation(), task.Resource)
	_ = m.zc.Delete(ctx, m.w.Paths.Task(m.info.Host, id), -1) // the overlord may have been faster
	if auto != "" {
		m.announce(id, auto, druid.UnknownLocation(), task.Resource)
	}
}

// announce writes a task's status node.
func (m *middlemanager) announce(id, status string, at druid.TaskLocation, res druid.TaskResource) {
	a := druid.TaskAnnouncement{Type: "noop", Resource: res, Location: at, DataSource: "none"}
	a.Status = druid.TaskStatus{ID: id, Status: status, Duration: -1}
	if status != druid.TaskRunning {
		a.Status.Duration = 12
	}
	data, err := druid.Marshal(a)
	if err != nil {
		m.w.T.Error(err)
	}
	m.write(id, data)
}

// write creates or sets a status node. One that is deleted between the two is of a task
// that the overlord has done with: it may have asked twice to end it.
func (m *middlemanager) write(id string, data []byte) {
	ctx, path := m.w.T.Context(), m.w.Paths.Status(m.info.Host, id)
	_, err := m.zc.Create(ctx, path, data, zkconn.Persistent)
	if errors.Is(err, zkconn.ErrNodeExists) {
		_, err = m.zc.Set(ctx, path, data, -1)
	}
	if err != nil && !errors.Is(err, zkconn.ErrNoNode) && ctx.Err() == nil {
		m.w.T.Errorf("status of %s: %v", id, err)
	}
}

// runs announces that a task runs, at a place.
func (m *middlemanager) runs(id string, port int) {
	m.announce(id, druid.TaskRunning, druid.TaskLocation{Host: "127.0.0.1", Port: port, TLSPort: -1}, druid.TaskResource{AvailabilityGroup: id, RequiredCapacity: 1})
}

// ends announces a task's final status.
func (m *middlemanager) ends(id, status string) {
	m.announce(id, status, druid.UnknownLocation(), druid.TaskResource{AvailabilityGroup: id, RequiredCapacity: 1})
}

func (m *middlemanager) set(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f()
}

func (m *middlemanager) has(id string) bool { return slices.Contains(m.tasks(), id) }

// tasks are those that were taken, in order.
func (m *middlemanager) tasks() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.taken)
}

func (m *middlemanager) requests() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.asked)
}

// ServeHTTP notes what the worker is asked; a shutdown makes the task fail.
func (m *middlemanager) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	m.set(func() { m.asked = append(m.asked, r.Method+" "+r.URL.String()) })
	id, what, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/druid/worker/v1/task/"), "/")
	switch what {
	case "shutdown":
		if !m.stubborn {
			m.ends(id, druid.TaskFailed)
		}
		node.WriteJSON(rw, http.StatusOK, map[string]string{"task": id})
	case "log":
		fmt.Fprintf(rw, "the log of %s at the worker", id)
	}
}
