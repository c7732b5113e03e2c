package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
	"oakmoot/internal/peon"
	"oakmoot/internal/zkconn"
	"oakmoot/internal/zkpath"
	"oakmoot/zkembed"
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
			ZooKeeper: ZooKeeper{Tick: Duration{500 * time.Millisecond, true}, SessionTimeout: Duration{sessions, true}},
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
	return []peon.Kind{{Type: "noop", Run: func(ctx context.Context, job *peon.Job) error {
		noop, err := job.Task.Noop()
		if err != nil {
			return err
		}
		w.begin(job.Task.ID, worker)
		defer w.end(job.Task.ID, worker)
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

// post hands a task to the leading overlord, at most for a minute; it is taken when
// that has acknowledged it.
func (w *workshop) post(id string, length time.Duration) {
	w.posted.Go(func() {
		ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
		defer cancel()
		err := w.c.Submit(ctx, fmt.Appendf(nil, `{"type":"noop","id":%q,"runTime":%d}`, id, length.Milliseconds()))
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

// runs tells on which workers a task has begun.
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

// left is what is not over yet, "" for nothing.
func (w *workshop) left() string {
	ctx := w.t.Context()
	active, err := w.c.store.ActiveTaskIDs(ctx)
	if err != nil || len(active) > 0 {
		return fmt.Sprintf("tasks are active: %v %v", active, err)
	}
	var nodes []string
	err = w.c.walkAll(ctx, func(n znode) error {
		if kind := w.c.paths.Parse(n.path).Kind; kind == zkpath.KindTask || kind == zkpath.KindStatus {
			nodes = append(nodes, n.path)
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

// told is a task's status as the leading overlord answers it.
func (w *workshop) told(id string) string {
	host, err := w.c.Leader(w.t.Context(), "overlord")
	if err != nil {
		return err.Error()
	}
	resp, err := w.c.http.Get("http://" + host + "/druid/indexer/v1/task/" + id + "/status")
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
	zc, err := zkconn.Open(ctx, zkconn.Options{Servers: w.c.zkServers, SessionTimeout: 4 * time.Second, Dial: w.c.opts.net.DialContext})
	if err != nil {
		w.t.Fatal(err)
	}
	defer zc.Close()
	const last = "/the-last-commit"
	if _, err := zc.Create(ctx, last, nil, zkconn.Ephemeral); err != nil {
		w.t.Fatal(err)
	}
	all := map[string]map[string]bool{}
	for c, err := range w.c.zk.Commits(ctx, 0) {
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

// The worker of a task is cut off, and meanwhile the leader is another: the new one
// must wait for the worker.
func TestTaskOfAWorkerThatIsCutOffRunsOnce(t *testing.T) {
	t.Parallel()
	inWorkshop(t, 4*time.Second, func(w *workshop) {
		t := w.t
		w.post("a", 30*time.Second)
		w.await("tasks(RUNNING) == 1", 10*time.Second)
		time.Sleep(time.Second)
		worker := w.runsOf("a")[0]
		w.do("partition " + worker + " from zookeeper for 12s")
		time.Sleep(7 * time.Second)
		w.do("restart overlord@leader")
		w.await("tasks(SUCCESS) == 1", time.Minute)
		w.calm()
		if got := w.runsOf("a"); !slices.Equal(got, []string{worker}) {
			t.Errorf("the task began on %v, want on %s alone", got, worker)
		}
	})
}

// Nothing is waited for when all workers are there.
func TestNextLeaderAssignsAtOnce(t *testing.T) {
	t.Parallel()
	inWorkshop(t, 4*time.Second, func(w *workshop) {
		w.post("long", 30*time.Second)
		w.await("tasks(RUNNING) == 1", 10*time.Second)
		w.do("stop overlord@leader")
		w.await("candidates(overlord) == 1 and leaders(overlord) == 1", 10*time.Second)
		asked := time.Now()
		w.post("short", 10*time.Millisecond)
		w.await("tasks(SUCCESS) == 1", 10*time.Second)
		if waited := time.Since(asked); waited > time.Second {
			w.t.Errorf("got the task done after %v, want no delay", waited)
		}
		w.calm()
	})
}

// The leading overlord is late, and does not know yet that it has lost its session.
func TestTaskThatADeposedLeaderAcknowledgedRuns(t *testing.T) {
	t.Parallel()
	inWorkshop(t, 9*time.Second, func(w *workshop) {
		t := w.t
		w.do("delay overlord@leader from zookeeper by 1500ms for 20s")
		time.Sleep(3 * time.Second)
		leading, err := w.c.Leader(t.Context(), "overlord")
		if err != nil {
			t.Fatal(err)
		}
		w.do("expire_session overlord@leader")
		time.Sleep(400 * time.Millisecond)
		resp, err := w.c.http.Post("http://"+leading+"/druid/indexer/v1/task", "application/json", strings.NewReader(`{"type":"noop","id":"a","runTime":100}`))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("got %s, want the overlord not to know yet", resp.Status)
			return
		}
		w.taken = append(w.taken, "a")
		w.await("tasks(SUCCESS) == 1", 10*time.Second)
		w.calm()
	})
}

// storySeeds is how many random stories are told, unless OAKMOOT_TASK_STORIES says.
const storySeeds = 8

// In whatever way workers and overlords come and go: an acknowledged task ends, it
// runs on one worker, once, and ZooKeeper, store and API agree about its end.
func TestTasksInRandomStories(t *testing.T) {
	t.Parallel()
	seeds, first := storySeeds, 0
	if n, err := strconv.Atoi(os.Getenv("OAKMOOT_TASK_STORIES")); err == nil {
		seeds = n
	}
	if n, err := strconv.Atoi(os.Getenv("OAKMOOT_TASK_STORY")); err == nil {
		first, seeds = n, 1
	}
	for seed := first; seed < first+seeds; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			inWorkshop(t, 4*time.Second, func(w *workshop) { w.randomStory(rand.New(rand.NewPCG(uint64(seed), 1))) })
		})
	}
}

// lose lets ZooKeeper lose one of the next requests, or its answer, or the session.
func (w *workshop) lose(rng *rand.Rand) {
	rule := zkembed.Rule{
		Op:     []string{"create", "delete", "setData", "multi", "exists", "getChildren", ""}[rng.IntN(7)],
		Path:   []string{"", w.c.paths.IndexerTasks + "/**", w.c.paths.IndexerStatus + "/**"}[rng.IntN(3)],
		Skip:   rng.IntN(4),
		Times:  1,
		Action: []zkembed.Action{zkembed.ActDropRequest, zkembed.ActDropReply, zkembed.ActDropReply, zkembed.ActDisconnect, zkembed.ActExpire}[rng.IntN(5)],
	}
	w.say("lose %+v", rule)
	w.c.zk.Fail(rule)
}

func (w *workshop) randomStory(rng *rand.Rand) {
	between := func(least, most time.Duration) time.Duration {
		return least + time.Duration(rng.Int64N(int64(most-least)))
	}
	somebody := func() string {
		return []string{"overlord@leader", "overlord@leader", "overlord-1", "overlord-2", "middlemanager-1", "middlemanager-2", "middlemanager-3"}[rng.IntN(7)]
	}
	spell := func() string { return between(500*time.Millisecond, 15*time.Second).Round(time.Millisecond).String() }
	for i := range 25 {
		w.post(fmt.Sprint("t", i), between(50*time.Millisecond, 20*time.Second))
		switch rng.IntN(10) {
		case 0:
			w.do("partition " + somebody() + " from zookeeper for " + spell())
		case 1:
			w.do("expire_session " + somebody())
		case 2:
			w.do("disconnect " + somebody())
		case 3:
			w.do("delay " + somebody() + " from zookeeper by " + between(50*time.Millisecond, 2*time.Second).Round(time.Millisecond).String() + " for " + spell())
		case 4:
			w.do("kill " + somebody() + " for " + spell())
		case 5:
			w.do("restart " + somebody())
		case 6:
			w.do("pause " + somebody() + " for " + spell())
		case 7, 8:
			w.lose(rng)
		}
		time.Sleep(between(0, 3*time.Second))
	}
	w.calm()
}
