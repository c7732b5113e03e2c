package coordinator

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/node"
	"oakmoot/internal/zk/zkconn"
	"oakmoot/zkembed"
)

func TestLoadsNewestFirstOneAtATime(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.publish(days("wiki", 5)...)
		h := w.historical(8083)
		w.start(8081)
		w.Until("all is loaded", func() bool { return len(h.has()) == 5 })
		var want []string
		for n := 5; n > 0; n-- {
			want = append(want, "load "+day("wiki", n).ID().String())
		}
		if diff := cmp.Diff(want, h.loads()); diff != "" {
			t.Error(diff)
		}
		h.set(func() {
			if h.most != 1 {
				t.Errorf("got %d requests at a time, want 1", h.most)
			}
		})
		time.Sleep(10 * time.Second)
		if got := len(h.loads()); got != 5 {
			t.Errorf("got %d requests in the end, want 5: one server cannot hold two replicas", got)
		}
	})
}

func TestRequestIsEphemeralAndRaw(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.publish(day("wiki", 1))
		h := w.historical(8083)
		h.set(func() { h.asleep = true })
		in := w.start(8081)
		path := w.Paths.LoadRequest(h.name, day("wiki", 1).ID().String())
		w.Until("the request is written", func() bool { stat, err := w.Conn.Exists(t.Context(), path); return err == nil && stat != nil })
		data, stat, err := w.Conn.Get(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		want := `{"action":"load","dataSource":"wiki","interval":"2019-01-01T00:00:00.000Z/2019-01-02T00:00:00.000Z","version":"v1",` +
			`"loadSpec":{"type":"local","path":"/x/index.zip"},"dimensions":"page","metrics":"count",` +
			`"shardSpec":{"type":"numbered","partitionNum":0,"partitions":0},"binaryVersion":9,"size":100,` +
			`"identifier":"wiki_2019-01-01T00:00:00.000Z_2019-01-02T00:00:00.000Z_v1"}`
		if diff := cmp.Diff(want, string(data)); diff != "" {
			t.Error(diff)
		}
		if stat.EphemeralOwner != in.zc.SessionID() {
			t.Errorf("got owner %x, want the coordinator's session %x", stat.EphemeralOwner, in.zc.SessionID())
		}
	})
}

// hasty is a connection on which a request is taken before anybody can watch it.
type hasty struct{ zkconn.Conn }

func (h hasty) Create(ctx context.Context, path string, data []byte, mode zkconn.Mode) (string, error) {
	made, err := h.Conn.Create(ctx, path, data, mode)
	if err == nil && strings.HasPrefix(string(data), `{"action":"load"`) {
		err = h.Delete(ctx, path, -1)
	}
	return made, err
}

func TestNoopUsesUpAWatchThatWasSetTooLate(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.publish(day("wiki", 1))
		h := w.historical(8083)
		h.set(func() { h.asleep = true })
		w.start(8081, func(cfg *Config) {
			open := cfg.Open
			cfg.Open = func(ctx context.Context) (zkconn.Conn, error) { zc, err := open(ctx); return hasty{zc}, err }
		})
		path := w.Paths.LoadRequest(h.name, day("wiki", 1).ID().String())
		w.Until("the noop is there", func() bool {
			data, _, err := w.Conn.Get(t.Context(), path)
			return err == nil && string(data) == `{"action":"noop"}`
		})
		h.set(func() { h.asleep = false })
		w.Until("the noop is taken", func() bool { return slices.Contains(h.taken(), "noop "+day("wiki", 1).ID().String()) })
	})
}

func TestRequestThatNobodyTakesFailsAndStays(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.publish(day("wiki", 1))
		h := w.historical(8083)
		h.set(func() { h.asleep = true })
		in := w.start(8081, func(cfg *Config) {
			cfg.Props = node.Properties{"druid.coordinator.load.timeout": "PT10S", "druid.coordinator.period": "PT5S", "druid.coordinator.startDelay": "PT0S"}
		})
		w.Until("it has failed", func() bool { return strings.Contains(in.log.String(), errIgnored.Error()) })
		stat, err := w.Conn.Exists(t.Context(), w.Paths.LoadRequest(h.name, day("wiki", 1).ID().String()))
		if err != nil || stat == nil {
			t.Errorf("got %v, %v, want the request left where it is", stat, err)
		}
		w.Until("the next one fails on it", func() bool { return strings.Contains(in.log.String(), zkconn.ErrNodeExists.Error()) })
		h.set(func() { h.asleep = false })
		w.Until("it is loaded after all", func() bool { return len(h.has()) == 1 })
	})
}

func TestMissingQueueFailsTheRequest(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.publish(day("wiki", 1))
		h := w.historical(8083)
		h.set(func() { h.asleep = true })
		if err := w.Conn.Delete(t.Context(), w.Paths.LoadQueueOf(h.name), -1); err != nil {
			t.Fatal(err)
		}
		in := w.start(8081)
		w.Until("it has failed", func() bool { return strings.Contains(in.log.String(), zkconn.ErrNoNode.Error()) })
		if stat, err := w.Conn.Exists(t.Context(), w.Paths.LoadQueueOf(h.name)); err != nil || stat != nil {
			t.Errorf("got %v, %v, want no queue made by the coordinator", stat, err)
		}
	})
}

func TestVanishedServerIsReplaced(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.rules(1)
		w.publish(days("wiki", 3)...)
		first := w.historical(8083)
		in := w.start(8081)
		w.Until("the first has all", func() bool { return len(first.has()) == 3 })
		first.end()
		second := w.historical(8084)
		w.Until("the second has all", func() bool { return len(second.has()) == 3 })
		if _, queues := w.Get(in.addr + "/druid/coordinator/v1/loadqueue"); strings.Contains(queues, first.name) {
			t.Errorf("got %s, want no queue of %s", queues, first.name)
		}
	})
}

func TestSurplusReplicaIsDropped(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.still()
		w.publish(day("wiki", 1))
		a, b := w.historical(8083), w.historical(8084)
		in := w.start(8081)
		w.Until("both have it", func() bool { return len(a.has())+len(b.has()) == 2 })
		code, body := w.Call(http.MethodPost, in.addr+"/druid/coordinator/v1/rules/wiki", `[{"type":"loadForever","tieredReplicants":{"_default_tier":1}}]`)
		if code != http.StatusOK {
			t.Fatalf("got %d %s, want 200", code, body)
		}
		w.Until("one has it", func() bool { return len(a.has())+len(b.has()) == 1 })
		time.Sleep(10 * time.Second)
		if got := len(a.has()) + len(b.has()); got != 1 {
			t.Errorf("got %d replicas, want 1\n%v\n%v", got, a.taken(), b.taken())
		}
	})
}

// A server that restarts with its segments before the next run looks as if it had never dropped them.
func TestDroppedCopyThatIsAnnouncedAgainIsDroppedAgain(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.still()
		w.rules(2)
		w.publish(day("wiki", 1))
		a, b := w.historical(8083), w.historical(8084)
		in := w.start(8081)
		w.Until("both have it", func() bool { return len(a.has())+len(b.has()) == 2 })
		w.rules(1)
		w.Until("one has it", func() bool { return len(a.has())+len(b.has()) == 1 })
		again := a
		if len(a.has()) == 1 {
			again = b
		}
		time.Sleep(10 * time.Millisecond) // the coordinator has seen it
		again.serve(day("wiki", 1))
		time.Sleep(time.Minute)
		if got := len(a.has()) + len(b.has()); got != 1 {
			t.Errorf("got %d replicas, want 1\n%v\n%v\n%s", got, a.taken(), b.taken(), in.log)
		}
	})
}

func TestUnusedSegmentIsDroppedUnlessNothingIsUsed(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		h := w.historical(8083)
		h.serve(days("wiki", 2)...)
		w.start(8081)
		time.Sleep(10 * time.Second)
		if got := h.taken(); len(got) != 0 {
			t.Errorf("got %v, want nothing while no segment is used", got)
		}
		w.publish(day("other", 1))
		w.Until("what is unused is dropped", func() bool {
			return slices.Equal(h.has(), []string{day("other", 1).ID().String()})
		})
	})
}

func TestDatasourceMarkedUnusedIsDropped(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.publish(append(days("wiki", 2), day("keep", 1))...)
		h := w.historical(8083)
		in := w.start(8081)
		w.Until("all is loaded", func() bool { return len(h.has()) == 3 })
		if code, body := w.Call(http.MethodDelete, in.addr+"/druid/coordinator/v1/datasources/wiki", ""); code != http.StatusOK {
			t.Fatalf("got %d %s, want 200", code, body)
		}
		w.Until("it is dropped", func() bool { return len(h.has()) == 1 })
		if code, _ := w.Call(http.MethodDelete, in.addr+"/druid/coordinator/v1/datasources/none", ""); code != http.StatusNoContent {
			t.Errorf("got %d, want 204 for a datasource that is not there", code)
		}
		w.Call(http.MethodPost, in.addr+"/druid/coordinator/v1/datasources/wiki", "")
		w.Until("it is loaded again", func() bool { return len(h.has()) == 3 })
	})
}

func TestFollowersRedirectAndTakeOver(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		first := w.start(8081)
		w.leads(first)
		second := w.start(8082)
		code, location := w.Get(second.addr + "/druid/coordinator/v1/servers?full")
		if want := "http://" + first.addr + "/druid/coordinator/v1/servers?full"; code != http.StatusTemporaryRedirect || location != want {
			t.Errorf("got %d %s, want 307 %s", code, location, want)
		}
		for path, want := range map[string]string{"/druid/coordinator/v1/leader": "http://" + first.addr, "/druid/coordinator/v1/isLeader": `{"leader":false}`} {
			if _, got := w.Get(second.addr + path); got != want {
				t.Errorf("%s: got %s, want %s", path, got, want)
			}
		}
		first.stop()
		w.leads(second)
	})
}

func TestLeaderThatLosesItsSessionLeavesNoRequests(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.publish(days("wiki", 3)...)
		h := w.historical(8083)
		h.set(func() { h.asleep = true })
		first := w.start(8081)
		w.leads(first)
		second := w.start(8082)
		w.Until("a request is written", func() bool { return len(w.requests(h)) == 1 })
		lost := first.zc.SessionID()
		if err := w.ZK.Expire(t.Context(), zkembed.SessionID(lost)); err != nil {
			t.Fatal(err)
		}
		w.leads(second)
		w.Until("the new leader has written one", func() bool {
			owners := w.requests(h)
			return len(owners) == 1 && owners[0] == second.zc.SessionID()
		})
		h.set(func() { h.asleep = false })
		w.Until("all is loaded", func() bool { return len(h.has()) == 3 })
		if code, _ := w.Get(first.addr + "/druid/coordinator/v1/isLeader"); code != http.StatusNotFound {
			t.Errorf("got %d, want 404 from the old leader", code)
		}
	})
}

// requests are the owners of the entries of a load queue.
func (w *world) requests(h *historical) []int64 {
	w.T.Helper()
	names, err := w.Conn.Children(w.T.Context(), w.Paths.LoadQueueOf(h.name))
	if err != nil {
		w.T.Fatal(err)
	}
	var owners []int64
	for _, name := range names {
		if stat, err := w.Conn.Exists(w.T.Context(), w.Paths.LoadRequest(h.name, name)); err == nil && stat != nil {
			owners = append(owners, stat.EphemeralOwner)
		}
	}
	return owners
}

func TestMoveDropsOnlyAfterTheTargetAnnounces(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.rules(1)
		w.publish(days("wiki", 6)...)
		full := w.historical(8083)
		full.serve(days("wiki", 6)...)
		empty := w.historical(8084)
		empty.set(func() { empty.shy = true })
		w.start(8081)
		w.Until("something is moved", func() bool { return len(empty.taken()) > 0 })
		time.Sleep(5 * time.Second)
		if got := full.taken(); len(got) != 0 {
			t.Errorf("got %v, want no drop while the target announces nothing", got)
		}
		empty.set(func() { empty.shy = false })
		empty.announce(t.Context())
		w.Until("segments have left", func() bool { return len(full.has()) < 6 && len(full.has())+len(empty.has()) == 6 })
		if all := append(full.has(), empty.has()...); len(slices.Compact(slices.Sorted(slices.Values(all)))) != 6 {
			t.Errorf("got %v, want six distinct segments", all)
		}
	})
}

func TestDecommissionedServerIsEmptied(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.rules(1)
		w.publish(days("wiki", 4)...)
		old := w.historical(8083)
		old.serve(days("wiki", 4)...)
		fresh := w.historical(8084)
		in := w.start(8081)
		w.leads(in)
		body := fmt.Sprintf(`{"decommissioningNodes":[%q],"decommissioningMaxPercentOfMaxSegmentsToMove":100}`, old.name)
		if code, answer := w.Call(http.MethodPost, in.addr+"/druid/coordinator/v1/config", body); code != http.StatusOK {
			t.Fatalf("got %d %s, want 200", code, answer)
		}
		w.Until("it is empty", func() bool { return len(old.has()) == 0 && len(fresh.has()) == 4 })
	})
}

func TestLegacyServiceEntryIsTheLeadersAlone(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		first := w.start(8081)
		w.leads(first)
		second := w.start(8082)
		entries := func() int {
			names, err := w.Conn.Children(t.Context(), w.Paths.Service("druid/coordinator"))
			if err != nil {
				return 0
			}
			return len(names)
		}
		w.Until("the leader has an entry", func() bool { return entries() == 1 })
		nodes, err := w.Conn.Children(t.Context(), w.Paths.NodeDiscoveryDir(druid.Coordinator))
		if err != nil || len(nodes) != 2 {
			t.Errorf("got %v, %v, want both in internal-discovery", nodes, err)
		}
		first.stop()
		second.stop()
		if got := entries(); got != 0 {
			t.Errorf("got %d entries after both have left, want none", got)
		}
	})
}
