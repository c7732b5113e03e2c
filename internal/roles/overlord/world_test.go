package overlord

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/deepstore"
	"oakmoot/internal/run/memnet"
	"oakmoot/internal/run/metadata"
	"oakmoot/internal/run/node"
	"oakmoot/internal/zk/zkconn"
	"oakmoot/internal/zk/zkpath"
	"oakmoot/zkembed"
)

// world is a ZooKeeper and a metadata store in memory, and what lives there.
type world struct {
	t      *testing.T
	net    *memnet.Network
	srv    *zkembed.Server
	paths  zkpath.Paths
	store  *metadata.Store
	logs   *deepstore.Logs
	dir    string
	client *http.Client // follows no redirects
	zc     zkconn.Conn  // the test's own
}

// inWorld runs f in a bubble.
func inWorld(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) { f(t, newWorld(t, dir)) })
}

func newWorld(t *testing.T, dir string) *world {
	t.Helper()
	w := &world{t: t, net: memnet.New(), dir: dir, logs: deepstore.NewLogs(filepath.Join(dir, "logs"))}
	w.srv = zkembed.RunT(t, zkembed.Options{Network: w.net, Tick: time.Second})
	var err error
	if w.paths, err = zkpath.New(nil); err != nil {
		t.Fatal(err)
	}
	if w.store, err = metadata.Open(t.Context(), filepath.Join(dir, "metadata.db")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.store.Close() })
	w.client = &http.Client{
		Transport:     &http.Transport{DialContext: w.net.DialContext, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	w.zc = w.open(t.Context(), w.net.DialContext)
	t.Cleanup(w.zc.Close)
	return w
}

func (w *world) open(ctx context.Context, dial zkconn.DialFunc) zkconn.Conn {
	w.t.Helper()
	zc, err := zkconn.Open(ctx, zkconn.Options{
		Servers: []string{w.srv.Addr()}, SessionTimeout: 10 * time.Second, Dial: dial, Log: hclog.NewNullLogger(),
	})
	if err != nil {
		w.t.Fatalf("open ZooKeeper: %v", err)
	}
	return zc
}

// incarnation is a running overlord.
type incarnation struct {
	addr string
	zc   zkconn.Conn
	wire *wire // to ZooKeeper
	log  *lockedBuffer
	stop func()
}

// quick are the properties of an overlord that does not wait for a minute.
func quick() node.Properties { return node.Properties{"druid.indexer.queue.startDelay": "PT0S"} }

// start runs an overlord at a port until the test ends or stop is called, and waits
// until it takes part in the election.
func (w *world) start(port int, change ...func(*Config)) *incarnation {
	w.t.Helper()
	in := &incarnation{addr: fmt.Sprintf("127.0.0.1:%d", port), log: &lockedBuffer{}, wire: &wire{net: w.net}}
	ctx, cancel := context.WithCancel(context.Background())
	ready, failed := make(chan struct{}), make(chan error, 1)
	cfg := Config{Store: w.store, Logs: w.logs}
	cfg.Self = druid.Node{Service: "druid/overlord", Host: "127.0.0.1", PlaintextPort: port, TLSPort: -1, EnablePlaintextPort: true}
	cfg.Paths, cfg.Props, cfg.Client = w.paths, quick(), w.client
	cfg.Log = hclog.New(&hclog.LoggerOptions{Name: in.addr, Output: in.log, Level: hclog.Debug})
	cfg.Open = func(ctx context.Context) (zkconn.Conn, error) { in.zc = w.open(ctx, in.wire.dial); return in.zc, nil }
	cfg.Listen = func(context.Context) (net.Listener, error) { return w.net.Listen(in.addr) }
	cfg.Ready = func() { close(ready) }
	for _, f := range change {
		f(&cfg)
	}
	go func() { failed <- Run(ctx, cfg) }()
	select {
	case <-ready:
	case err := <-failed:
		w.t.Fatalf("the overlord did not start: %v\n%s", err, in.log)
	}
	in.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-failed; err != nil {
			w.t.Errorf("the overlord ended with %v, want nil", err)
		}
	})
	w.t.Cleanup(in.stop)
	return in
}

// leader is start, and waits until it leads.
func (w *world) leader(port int, change ...func(*Config)) *incarnation {
	w.t.Helper()
	in := w.start(port, change...)
	w.leads(in)
	return in
}

// with is start's change of properties.
func with(props ...string) func(*Config) {
	return func(cfg *Config) {
		for i := 0; i < len(props); i += 2 {
			cfg.Props[props[i]] = props[i+1]
		}
	}
}

// leads waits until an overlord leads.
func (w *world) leads(in *incarnation) {
	w.t.Helper()
	w.until(in.addr+" leads", func() bool {
		code, _ := w.get(in.addr, api+"/isLeader")
		return code == http.StatusOK
	})
}

// until waits for a state, at most an hour of the bubble's time. It looks less and
// less often, so that what takes long is seen a little late.
func (w *world) until(what string, cond func() bool) {
	w.t.Helper()
	for start := time.Now(); !cond(); time.Sleep(max(10*time.Millisecond, time.Since(start)/50)) {
		if time.Since(start) > time.Hour {
			dump, _ := w.srv.Dump(w.t.Context()) // only for the message
			w.t.Fatalf("never: %s\n%s", what, dump)
		}
	}
}

func (w *world) get(addr, path string) (int, string) {
	w.t.Helper()
	return w.call(http.MethodGet, addr, path, "")
}

func (w *world) call(method, addr, path, body string) (int, string) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, "http://"+addr+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("X-Druid-Author", "someone")
	req.Header.Set("Content-Type", "application/json")
	resp, err := w.client.Do(req)
	if err != nil {
		w.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	if location := resp.Header.Get("Location"); location != "" {
		return resp.StatusCode, location
	}
	return resp.StatusCode, string(text)
}

// noop is a noop task.
func noop(id string) string { return fmt.Sprintf(`{"type":"noop","id":%q}`, id) }

// submit hands a task to an overlord, which must take it.
func (w *world) submit(in *incarnation, task string) {
	w.t.Helper()
	if code, body := w.call(http.MethodPost, in.addr, api+"/task", task); code != http.StatusOK {
		w.t.Fatalf("submit %s: got %d %s", task, code, body)
	}
}

// act posts an action of a task; what comes back is its result, or the error.
func (w *world) act(in *incarnation, task, action string) string {
	w.t.Helper()
	code, body := w.call(http.MethodPost, in.addr, api+"/action", fmt.Sprintf(`{"task":%s,"action":%s}`, task, action))
	var answer struct {
		Result json.RawMessage `json:"result"`
		Error  string          `json:"error"`
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		w.t.Fatalf("%s: got %d %s", action, code, body)
	}
	if code != http.StatusOK {
		return fmt.Sprintf("%d %s", code, answer.Error)
	}
	return string(answer.Result)
}

// state is a task's state as its status shows it: code and runner's.
func (w *world) state(in *incarnation, id string) string {
	w.t.Helper()
	_, body := w.get(in.addr, api+"/task/"+id+"/status")
	var answer struct {
		Status struct{ StatusCode, RunnerStatusCode string }
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		w.t.Fatalf("status of %s: %s", id, body)
	}
	return answer.Status.StatusCode + " " + answer.Status.RunnerStatusCode
}

// becomes waits until a task is in a state.
func (w *world) becomes(in *incarnation, id, state string) {
	w.t.Helper()
	w.until(id+" is "+state, func() bool { return w.state(in, id) == state })
}

// taken submits a noop task and waits until the worker runs it, and the overlord has
// seen that.
func (w *world) taken(in *incarnation, m *middlemanager, ids ...string) {
	w.t.Helper()
	for _, id := range ids {
		w.submit(in, noop(id))
		w.until(id+" is taken", func() bool { return w.exists(w.paths.Status(m.info.Host, id)) })
	}
	synctest.Wait()
}

const (
	isWaiting = "RUNNING WAITING"
	isPending = "RUNNING PENDING"
	isRunning = "RUNNING RUNNING"
	succeeded = "SUCCESS WAITING" // the runner has forgotten it
	hasFailed = "FAILED WAITING"
)

func (w *world) exists(path string) bool {
	w.t.Helper()
	stat, err := w.zc.Exists(w.t.Context(), path)
	if err != nil {
		w.t.Fatal(err)
	}
	return stat != nil
}

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
	w.t.Helper()
	host := fmt.Sprintf("127.0.0.1:%d", port)
	m := &middlemanager{w: w, info: druid.Worker{Scheme: "http", Host: host, IP: "127.0.0.1", Capacity: 2, Version: "0"}}
	for _, f := range change {
		f(m)
	}
	m.zc = w.open(w.t.Context(), w.net.DialContext)
	ln, err := w.net.Listen(host)
	if err != nil {
		w.t.Fatal(err)
	}
	srv := &http.Server{Handler: m}
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	all.Go(func() { _ = srv.Serve(ln) })
	m.end = sync.OnceFunc(func() { cancel(); _ = srv.Close(); all.Wait(); m.zc.Close() })
	w.t.Cleanup(m.end)
	m.create(w.paths.TasksOf(host), []byte(`{"created":"2019-01-01T00:00:00.000Z"}`), zkconn.Persistent)
	m.create(w.paths.StatusesOf(host), []byte(`{"created":"2019-01-01T00:00:00.000Z"}`), zkconn.Persistent)
	all.Go(func() { m.follow(ctx) })
	m.create(w.paths.Worker(host), druid.Gzip(m.announcement()), zkconn.Ephemeral)
	return m
}

func (m *middlemanager) announcement() []byte {
	b, err := druid.Marshal(m.info)
	if err != nil {
		m.w.t.Fatal(err)
	}
	return b
}

// create makes a node unless it is there.
func (m *middlemanager) create(path string, data []byte, mode zkconn.Mode) {
	m.w.t.Helper()
	if _, err := m.zc.CreateParents(m.w.t.Context(), path, data, mode); err != nil && !errors.Is(err, zkconn.ErrNodeExists) {
		m.w.t.Fatal(err)
	}
}

// version announces another version, as a worker does that is disabled or enabled.
func (m *middlemanager) version(v string) {
	m.w.t.Helper()
	m.info.Version = v
	if _, err := m.zc.Set(m.w.t.Context(), m.w.paths.Worker(m.info.Host), druid.Gzip(m.announcement()), -1); err != nil {
		m.w.t.Fatal(err)
	}
}

// follow takes assignments until ctx ends.
func (m *middlemanager) follow(ctx context.Context) {
	for ctx.Err() == nil {
		ids, changed, err := m.zc.ChildrenW(ctx, m.w.paths.TasksOf(m.info.Host))
		if err != nil {
			return
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
		case <-changed:
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

// take runs a task: the status is written, then the assignment deleted.
func (m *middlemanager) take(ctx context.Context, id string) {
	data, stat, err := m.zc.Get(ctx, m.w.paths.Task(m.info.Host, id))
	if err != nil {
		return
	}
	task, err := druid.ParseTask(data, 0)
	if err != nil || stat.EphemeralOwner == 0 {
		m.w.t.Errorf("assignment %s: got %s owner %x %v, want a task, ephemeral", id, data, stat.EphemeralOwner, err)
		return
	}
	m.mu.Lock()
	m.taken = append(m.taken, id)
	auto := m.auto
	m.mu.Unlock()
	m.announce(id, druid.TaskRunning, druid.UnknownLocation(), task.Resource)
	_ = m.zc.Delete(ctx, m.w.paths.Task(m.info.Host, id), -1) // the overlord may have been faster
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
		m.w.t.Error(err)
	}
	m.write(id, data)
}

// write creates or sets a status node.
func (m *middlemanager) write(id string, data []byte) {
	ctx, path := m.w.t.Context(), m.w.paths.Status(m.info.Host, id)
	_, err := m.zc.Create(ctx, path, data, zkconn.Persistent)
	if errors.Is(err, zkconn.ErrNodeExists) {
		_, err = m.zc.Set(ctx, path, data, -1)
	}
	if err != nil && ctx.Err() == nil {
		m.w.t.Errorf("status of %s: %v", id, err)
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

// wire is a connection that can be cut, as the process at its end dies.
type wire struct {
	net *memnet.Network

	mu    sync.Mutex // guards the variables below
	dead  bool
	conns []net.Conn
}

func (w *wire) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := w.net.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.dead {
		conn.Close()
		return nil, errors.New("the wire is cut")
	}
	w.conns = append(w.conns, conn)
	return conn, nil
}

// cut ends every connection, for good.
func (w *wire) cut() {
	w.mu.Lock()
	conns := w.conns
	w.dead, w.conns = true, nil
	w.mu.Unlock()
	for _, c := range conns {
		c.Close()
	}
}

// lockedBuffer is a log that may be read while it is written.
type lockedBuffer struct {
	mu  sync.Mutex // guards buf
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
