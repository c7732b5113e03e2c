package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/peon"
	"oakmoot/internal/stage/observe"
	"oakmoot/internal/zk/zkconn"
	"oakmoot/internal/zk/zkpath"
)

// workshop is a cluster that runs noop tasks, and what was seen of them.
type workshop struct {
	t *testing.T
	c *Cluster

	mu     sync.Mutex        // guards the fields below
	now    map[string]string // the worker that runs a task at the moment
	runs   map[string][]string
	wrong  []string
	taken  []string // tasks that an overlord has acknowledged
	posted sync.WaitGroup
	log    strings.Builder
}

// inWorkshop runs f with two overlords and three workers in virtual time.
func inWorkshop(t *testing.T, sessions time.Duration, f func(w *workshop)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &workshop{t: t, now: map[string]string{}, runs: map[string][]string{}}
		topo := Topology{
			Schema: 1, Name: "workshop",
			ZooKeeper: ZooKeeper{Tick: Duration{Duration: 500 * time.Millisecond, Set: true}, SessionTimeout: Duration{Duration: sessions, Set: true}},
			Roles:     []Role{{Kind: "overlord", Count: 2}, {Kind: "middlemanager", Count: 3}},
		}
		logger := hclog.New(&hclog.LoggerOptions{Name: "w", Output: w, Level: hclog.Info})
		w.c = RunT(t, topo, InMemory(), Logger(logger), func(o *options) { o.kinds = w.kinds })
		f(w)
		if t.Failed() && os.Getenv("OAKMOOT_STORY") != "" {
			w.mu.Lock()
			t.Log(w.log.String())
			w.mu.Unlock()
		}
	})
}

// Write takes the log, with the time of the bubble.
func (w *workshop) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.Write(b)
}

func (w *workshop) say(format string, args ...any) {
	fmt.Fprintf(w, "%s =====> %s\n", time.Now().UTC().Format("15:04:05.000"), fmt.Sprintf(format, args...))
}

// kinds are noop tasks that note where they run.
func (w *workshop) kinds(worker string) []peon.Kind {
	return []peon.Kind{{Type: "noop", Run: func(ctx context.Context, p *peon.Peon) error {
		noop, err := p.Task.Noop()
		if err != nil {
			return err
		}
		w.begin(p.Task.ID, worker)
		defer w.end(p.Task.ID, worker)
		select {
		case <-time.After(time.Duration(noop.RunTime) * time.Millisecond):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}}}
}

func (w *workshop) begin(id, worker string) {
	w.say("%s begins on %s", id, worker)
	w.mu.Lock()
	defer w.mu.Unlock()
	if other := w.now[id]; other != "" {
		w.wrong = append(w.wrong, fmt.Sprintf("%s begins on %s while it runs on %s", id, worker, other))
	}
	w.now[id] = worker
	w.runs[id] = append(w.runs[id], worker)
}

func (w *workshop) end(id, worker string) {
	w.say("%s ends on %s", id, worker)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.now[id] == worker {
		delete(w.now, id)
	}
}

// post submits a task to the leading overlord, for at most a minute; it is accepted once
// that has acknowledged it.
func (w *workshop) post(id string, length time.Duration) {
	w.posted.Go(func() {
		ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
		defer cancel()
		_, err := w.c.Submit(ctx, fmt.Appendf(nil, `{"type":"noop","id":%q,"runTime":%d}`, id, length.Milliseconds()))
		w.say("%s posted: %v", id, err)
		if err == nil {
			w.mu.Lock()
			w.taken = append(w.taken, id)
			w.mu.Unlock()
		}
	})
}

func (w *workshop) do(action string) {
	w.t.Helper()
	w.say("%s", action)
	if _, err := w.c.Do(w.t.Context(), action); err != nil {
		w.say("not done: %v", err)
	}
}

func (w *workshop) await(condition string, within time.Duration) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), within)
	defer cancel()
	if err := w.c.WaitFor(ctx, condition); err != nil {
		w.t.Errorf("%v", err)
	}
}

// runs are the workers on which a task has begun.
func (w *workshop) runsOf(id string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.runs[id])
}

// calm lets everything heal and end, and checks what became of the tasks.
func (w *workshop) calm() {
	w.t.Helper()
	w.do("heal")
	w.do("start *")
	w.posted.Wait()
	w.await("up(*) == 5 and leaders(overlord) == 1", time.Minute)
	w.await("announced(middlemanager) == 3", time.Minute)
	deadline := time.Now().Add(20 * time.Minute) // above the cleanup timeout
	for left := w.left(); left != ""; left = w.left() {
		if time.Now().After(deadline) {
			w.t.Errorf("after 20 minutes of peace: %s", left)
			break
		}
		time.Sleep(time.Second)
	}
	w.check()
}

// left is what is not over yet; "" if nothing.
func (w *workshop) left() string {
	ctx := w.t.Context()
	active, err := w.c.store.ActiveTaskIDs(ctx)
	if err != nil || len(active) > 0 {
		return fmt.Sprintf("tasks are active: %v %v", active, err)
	}
	var nodes []string
	err = w.c.zookeeper.walk(ctx, w.c.paths, func(n observe.Znode) error {
		if kind := w.c.paths.Parse(n.Path).Kind; kind == zkpath.KindTask || kind == zkpath.KindStatus {
			nodes = append(nodes, n.Path)
		}
		return nil
	})
	if err != nil || len(nodes) > 0 {
		return fmt.Sprintf("nodes are left: %v %v", nodes, err)
	}
	return ""
}

// check compares what the workers saw with what ZooKeeper, the store and the API say.
func (w *workshop) check() {
	w.t.Helper()
	finals := w.finals()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, wrong := range w.wrong {
		w.t.Error(wrong)
	}
	for _, id := range w.taken {
		stored, err := w.c.store.TaskStatus(w.t.Context(), id)
		if err != nil || !stored.Complete() {
			w.t.Errorf("%s: got %+v %v in the store, want its end", id, stored, err)
			continue
		}
		if n := len(w.runs[id]); n > 1 {
			w.t.Errorf("%s began %d times, on %v", id, n, w.runs[id])
		}
		if told := w.told(id); told != stored.Status {
			w.t.Errorf("%s: the API says %s, the store %s", id, told, stored.Status)
		}
		if ends := slices.Sorted(maps.Keys(finals[id])); len(ends) > 1 || len(ends) == 1 && ends[0] != stored.Status {
			w.t.Errorf("%s: the workers wrote %v, the store has %s", id, ends, stored.Status)
		}
	}
}

// told is a task's status as the leading overlord reports it.
func (w *workshop) told(id string) string {
	host, err := w.c.Leader(w.t.Context(), "overlord")
	if err != nil {
		return err.Error()
	}
	resp, err := w.c.HTTPClient().Get("http://" + host + "/druid/indexer/v1/task/" + id + "/status")
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	var answer struct{ Status struct{ StatusCode string } }
	if err = errors.Join(err, json.Unmarshal(body, &answer)); err != nil || resp.StatusCode != http.StatusOK {
		return fmt.Sprint(resp.Status, err)
	}
	return answer.Status.StatusCode
}

// finals are the final statuses that were written for each task, by code.
func (w *workshop) finals() map[string]map[string]bool {
	ctx, cancel := context.WithCancel(w.t.Context())
	defer cancel()
	zc, err := zkconn.Open(ctx, zkconn.Options{Servers: w.c.zookeeper.servers, SessionTimeout: 4 * time.Second, Dial: w.c.opts.net.DialContext})
	if err != nil {
		w.t.Fatal(err)
	}
	defer zc.Close()
	const last = "/the-last-commit"
	if _, err := zc.Create(ctx, last, nil, zkconn.Ephemeral); err != nil {
		w.t.Fatal(err)
	}
	all := map[string]map[string]bool{}
	for c, err := range w.c.zookeeper.server.Commits(ctx, 0) {
		if err != nil {
			w.t.Fatal(err)
		}
		if c.Path == last {
			break
		}
		at := w.c.paths.Parse(c.Path)
		var a druid.TaskAnnouncement
		if at.Kind != zkpath.KindStatus || json.Unmarshal(c.After, &a) != nil || !a.Status.Complete() {
			continue
		}
		if all[a.Status.ID] == nil {
			all[a.Status.ID] = map[string]bool{}
		}
		all[a.Status.ID][a.Status.Status] = true
	}
	return all
}
