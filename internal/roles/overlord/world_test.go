package overlord

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"testing"
	"testing/synctest"

	"oakmoot/internal/run/deepstore"
	"oakmoot/internal/run/disk"
	"oakmoot/internal/run/fault"
	"oakmoot/internal/run/metadata"
	"oakmoot/internal/run/node"
	"oakmoot/internal/worldtest"
	"oakmoot/internal/zk/zkconn"
)

// world is a ZooKeeper and a metadata store in memory, and what lives there.
type world struct {
	*worldtest.World
	store *metadata.Store
	logs  *deepstore.Logs
	dir   string
}

// inWorld runs f in a bubble.
func inWorld(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	dir := t.TempDir()
	worldtest.Bubble(t, func(t *testing.T, in *worldtest.World) {
		store, err := metadata.Open(t.Context(), filepath.Join(dir, "metadata.db"))
		in.Must(err)
		t.Cleanup(func() { _ = store.Close() })
		f(t, &world{in, store, deepstore.NewLogs(disk.OS{}, filepath.Join(dir, "logs")), dir})
	})
}

// incarnation is a running overlord.
type incarnation struct {
	addr string
	zc   zkconn.Conn
	link *fault.Link // to ZooKeeper
	log  *worldtest.Log
	stop func()
}

// quick are the properties of an overlord that does not wait for a minute.
func quick() node.Properties { return node.Properties{"druid.indexer.queue.startDelay": "PT0S"} }

// start runs an overlord at a port until the test ends or stop is called, and waits
// until it takes part in the election.
func (w *world) start(port int, change ...func(*Config)) *incarnation {
	w.T.Helper()
	in := &incarnation{addr: fmt.Sprintf("127.0.0.1:%d", port), log: w.NewLog(), link: w.Link()}
	cfg := Config{Env: w.Env("druid/overlord", port), Store: w.store, Logs: w.logs}
	cfg.Props, cfg.Log = quick(), in.log.Logger(in.addr)
	open := w.Opener(in.link.DialZK)
	cfg.Open = func(ctx context.Context) (_ zkconn.Conn, err error) { in.zc, err = open(ctx); return in.zc, err }
	for _, f := range change {
		f(&cfg)
	}
	in.stop = w.Start("the overlord", func(ctx context.Context, ready func()) error {
		cfg.Ready = ready
		return Run(ctx, cfg)
	})
	return in
}

// leader is start, and waits until it leads.
func (w *world) leader(port int, change ...func(*Config)) *incarnation {
	w.T.Helper()
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
	w.T.Helper()
	w.Until(in.addr+" leads", func() bool {
		code, _ := w.Get(in.addr + api + "/isLeader")
		return code == http.StatusOK
	})
}

// submit hands a task to an overlord, which must take it.
func (w *world) submit(in *incarnation, task string) {
	w.T.Helper()
	if code, body := w.Call(http.MethodPost, in.addr+api+"/task", task); code != http.StatusOK {
		w.T.Fatalf("submit %s: got %d %s", task, code, body)
	}
}

// act posts an action of a task; what comes back is its result, or the error.
func (w *world) act(in *incarnation, task, action string) string {
	w.T.Helper()
	code, body := w.Call(http.MethodPost, in.addr+api+"/action", fmt.Sprintf(`{"task":%s,"action":%s}`, task, action))
	var answer struct {
		Result json.RawMessage `json:"result"`
		Error  string          `json:"error"`
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		w.T.Fatalf("%s: got %d %s", action, code, body)
	}
	if code != http.StatusOK {
		return fmt.Sprintf("%d %s", code, answer.Error)
	}
	return string(answer.Result)
}

// state is a task's state as its status shows it: code and runner's.
func (w *world) state(in *incarnation, id string) string {
	w.T.Helper()
	_, body := w.Get(in.addr + api + "/task/" + id + "/status")
	var answer struct {
		Status struct{ StatusCode, RunnerStatusCode string }
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		w.T.Fatalf("status of %s: %s", id, body)
	}
	return answer.Status.StatusCode + " " + answer.Status.RunnerStatusCode
}

// becomes waits until a task is in a state.
func (w *world) becomes(in *incarnation, id, state string) {
	w.T.Helper()
	w.Until(id+" is "+state, func() bool { return w.state(in, id) == state })
}

// taken submits a noop task and waits until the worker runs it, and the overlord has
// seen that.
func (w *world) taken(in *incarnation, m *middlemanager, ids ...string) {
	w.T.Helper()
	for _, id := range ids {
		w.submit(in, worldtest.Noop(id))
		w.Until(id+" is taken", func() bool { return w.Exists(w.Paths.Status(m.info.Host, id)) })
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
