package cluster

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"oakmoot/zkembed"
)

// The worker of a task is cut off, and meanwhile another overlord leads: it has to wait
// for the worker.
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

// Nothing is waited for if all workers are there.
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

// The leading overlord is slow, and does not know yet that it has lost its session.
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
		resp, err := w.c.HTTPClient().Post("http://"+leading+"/druid/indexer/v1/task", "application/json", strings.NewReader(`{"type":"noop","id":"a","runTime":100}`))
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

// storySeeds is how many random stories are played, unless OAKMOOT_TASK_STORIES says.
const storySeeds = 8

// However workers and overlords come and go: an acknowledged task ends, runs on one
// worker, once, and ZooKeeper, the store and the API agree on how it ended.
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

// lose has ZooKeeper lose one of the next requests, or its answer, or the session.
func (w *workshop) lose(rng *rand.Rand) {
	rule := zkembed.Rule{
		Op:     []string{"create", "delete", "setData", "multi", "exists", "getChildren", ""}[rng.IntN(7)],
		Path:   []string{"", w.c.paths.IndexerTasks + "/**", w.c.paths.IndexerStatus + "/**"}[rng.IntN(3)],
		Skip:   rng.IntN(4),
		Times:  1,
		Action: []zkembed.Action{zkembed.ActDropRequest, zkembed.ActDropReply, zkembed.ActDropReply, zkembed.ActDisconnect, zkembed.ActExpire}[rng.IntN(5)],
	}
	w.say("lose %+v", rule)
	w.c.zookeeper.server.Fail(rule)
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
