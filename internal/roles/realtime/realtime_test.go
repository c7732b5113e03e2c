package realtime

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/deepstore"
)

func TestRealtimeJoinsAndLeavesInDruidsOrder(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		before := len(w.history())
		stop := w.start(spec(receiverJSON, ""))
		joined := []string{
			"create /druid/announcements", "create /druid/announcements/" + host,
			"create /druid/discovery/edits", "create /druid/discovery/edits/NAME",
			"create /druid/segments", "create /druid/segments/" + host, "create /druid/segments/" + host + "/NAME",
			"create /druid/loadQueue", "create /druid/loadQueue/" + host,
			"create /druid/servedSegments", "create /druid/servedSegments/" + host,
			"create /druid/listeners", "create /druid/listeners/lookups", "create /druid/listeners/lookups/__default",
			"create /druid/listeners/lookups/__default/http:" + host,
		}
		if diff := cmp.Diff(joined, w.history()[before:]); diff != "" {
			t.Errorf("join (-want +got):\n%s", diff)
		}
		w.push(time.Now())
		w.Until("the sink is announced", func() bool { return len(w.announced()) == 1 })
		before = len(w.history())
		stop()
		left := []string{
			"delete /druid/listeners/lookups/__default/http:" + host, "delete /druid/announcements/" + host,
			"delete /druid/discovery/edits/NAME", "delete /druid/segments/" + host + "/NAME", "delete /druid/segments/" + host + "/NAME",
		}
		if diff := cmp.Diff(left, w.history()[before:][:len(left)]); diff != "" {
			t.Errorf("leave (-want +got):\n%s", diff)
		}
	})
}

func TestFirstRowOpensAndAnnouncesASink(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.start(spec(receiverJSON, ""))
		w.push(time.Now())
		w.Until("the sink is announced", func() bool { return len(w.announced()) == 1 })
		want := []string{`{"dataSource":"edits","interval":"2000-01-01T00:00:00.000Z/2000-01-01T00:01:00.000Z","version":"2000-01-01T00:00:00.000Z",` +
			`"loadSpec":{},"dimensions":"","metrics":"count,added","shardSpec":{"type":"linear","partitionNum":0},"binaryVersion":null,"size":0,` +
			`"identifier":"edits_2000-01-01T00:00:00.000Z_2000-01-01T00:01:00.000Z_2000-01-01T00:00:00.000Z"}`}
		if diff := cmp.Diff(want, w.announced()); diff != "" {
			t.Errorf("announced (-want +got):\n%s", diff)
		}
		if got := w.rows(); got != 1 {
			t.Errorf("rows: got %d, want 1", got)
		}
	})
}

func TestRowsOutsideTheWindowWriteNothing(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.start(spec(receiverJSON, ""))
		before := len(w.history())
		w.push(time.Now().Add(-2*time.Minute), time.Now().Add(2*time.Minute))
		time.Sleep(15 * time.Second)
		if got := w.history()[before:]; len(got) != 0 {
			t.Errorf("commits: got %q, want none", got)
		}
	})
}

func TestSinkIsUnannouncedOnlyWhenTheCoordinatorSaysSo(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.start(spec(receiverJSON, ""))
		w.push(time.Now(), time.Now().Add(time.Second))
		w.Until("the segment is published", func() bool { return len(w.published()) == 1 })
		s := w.published()[0]
		if s.Size == 0 || s.BinaryVersion == nil || *s.BinaryVersion != 9 || !cmp.Equal(s.Dimensions, []string{"page"}) {
			t.Errorf("published: got %+v, want size, binary version 9 and the dimension page", s)
		}
		if at := time.Now(); at.Second() < 10 || at.Second() > 12 || at.Minute() != 1 {
			t.Errorf("published at %s, want a window of ten seconds after the minute", at)
		}
		time.Sleep(time.Minute)
		if got := w.asked.Load(); got < 25 || got > 35 {
			t.Errorf("handoff asked for in a minute: got %d times, want one every two seconds", got)
		}
		if len(w.announced()) != 1 || w.rows() != 2 {
			t.Errorf("before the handoff: got %d segments and %d rows, want 1 and 2", len(w.announced()), w.rows())
		}
		w.takenOver.Store(true)
		w.Until("the sink is un-announced", func() bool { return len(w.announced()) == 0 })
		w.Until("its rows are gone", func() bool { return w.rows() == 0 })
		left, err := filepath.Glob(filepath.Join(w.dir, "node", "persist", "0", "edits", "2*"))
		if err != nil || len(left) != 0 {
			t.Errorf("sink directories: got %q %v, want none", left, err)
		}
	})
}

func TestRestartRestoresTheSinkUnderTheSameID(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		stop := w.start(spec(receiverJSON, ""))
		w.push(time.Now(), time.Now())
		w.Until("the sink is announced", func() bool { return len(w.announced()) == 1 })
		before := w.announced()
		time.Sleep(11 * time.Second) // a persist
		w.push(time.Now())
		w.Until("all rows are in", func() bool { return w.rows() == 3 }) // what only the receiver had is lost
		stop()
		if got := w.announced(); len(got) != 0 {
			t.Fatalf("announced by a node that has left: got %q, want nothing", got)
		}
		w.start(spec(receiverJSON, ""))
		if diff := cmp.Diff(before, w.announced()); diff != "" {
			t.Errorf("announced after the restart (-before +after):\n%s", diff)
		}
		w.push(time.Now())
		w.Until("old and new rows are served", func() bool { return w.rows() == 4 })
		w.takenOver.Store(true)
		w.Until("the restored sink is handed off", func() bool { return len(w.announced()) == 0 })
		if got := len(w.published()); got != 1 {
			t.Errorf("published segments: got %d, want 1", got)
		}
	})
}

func TestAHydrantThatCannotBeReadIsSetAside(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		stop := w.start(spec(receiverJSON, ""))
		w.push(time.Now())
		time.Sleep(11 * time.Second)
		w.push(time.Now())
		w.Until("both rows are in", func() bool { return w.rows() == 2 }) // what only the receiver had is lost
		stop()
		sinks, err := filepath.Glob(filepath.Join(w.dir, "node", "persist", "0", "edits", "2*"))
		if err != nil || len(sinks) != 1 {
			t.Fatalf("sink directories: got %q %v, want one", sinks, err)
		}
		if err := os.WriteFile(filepath.Join(sinks[0], "0", "version.bin"), nil, 0o644); err != nil {
			t.Fatal(err)
		}
		w.start(spec(receiverJSON, ""))
		if got := w.rows(); got != 1 {
			t.Errorf("rows: got %d, want the 1 of the good hydrant", got)
		}
		aside := filepath.Join(w.dir, "node", "persist", "0", "corrupted", "edits", filepath.Base(sinks[0]), "0")
		if _, err := os.Stat(aside); err != nil {
			t.Errorf("bad hydrant: %v, want it at %s", err, aside)
		}
	})
}

func TestFailedPushIsTriedAgain(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		var tries atomic.Int64
		w.gate = func(context.Context, deepstore.Op, string) error {
			if tries.Add(1) < 3 {
				return errors.New("deep storage is away")
			}
			return nil
		}
		w.start(spec(receiverJSON, ""))
		w.push(time.Now())
		w.Until("the segment is published", func() bool { return len(w.published()) == 1 })
		if got := tries.Load(); got != 3 {
			t.Errorf("pushes: got %d, want 3", got)
		}
		if got := strings.Count(w.log.String(), "deep storage is away"); got != 2 {
			t.Errorf("log lines of the failure: got %d, want 2", got)
		}
	})
}

func TestTooManyRowsArePersisted(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.start(spec(receiverJSON, `,"maxRowsInMemory":3`))
		for range 7 {
			w.push(time.Now())
		}
		w.Until("all rows are served", func() bool { return w.rows() == 7 })
		w.Until("two hydrants are on the disk", func() bool {
			found, err := filepath.Glob(filepath.Join(w.dir, "node", "persist", "0", "edits", "2*", "[0-9]"))
			return err == nil && len(found) == 2
		})
	})
}

// recordsFile writes n rows from 1999, a second apart.
func (w *world) recordsFile(n int) string {
	w.T.Helper()
	var b strings.Builder
	for i := range n {
		at := time.Date(1999, 1, 1, 0, 0, i, 0, time.UTC)
		fmt.Fprintf(&b, `{"time":%q,"page":"a","added":1}`+"\n", at.Format(time.RFC3339))
	}
	file := filepath.Join(w.dir, "records.json")
	if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
		w.T.Fatal(err)
	}
	return file
}

func TestReplayOfThePastHandsOffAsItsOwnTimePasses(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		file := w.recordsFile(300)
		w.start(spec(fmt.Sprintf(`{"type":"replay","file":%q,"rate":10}`, file), `,"rejectionPolicy":{"type":"messageTime"}`))
		w.Until("a segment is published", func() bool { return len(w.published()) == 1 })
		if took := time.Since(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)); took < 7*time.Second || took > 9*time.Second {
			t.Errorf("first segment published after %s, want about 7 s: 70 records at ten a second", took)
		}
		w.takenOver.Store(true)
		w.Until("all is published", func() bool { return len(w.published()) == 5 })
		w.Until("all is handed off", func() bool { return len(w.announced()) == 0 })
	})
}

func TestReplayResumesWhereItWasPersisted(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		file := w.recordsFile(50)
		s := spec(fmt.Sprintf(`{"type":"replay","file":%q,"rate":1}`, file), `,"rejectionPolicy":{"type":"none"}`)
		stop := w.start(s)
		time.Sleep(20 * time.Second)
		stop()
		stop = w.start(s)
		if got := w.rows(); got < 20 || got > 22 {
			t.Errorf("rows right after the restart: got %d, want about 20", got)
		}
		time.Sleep(10 * time.Second)
		stop()
		w.start(s)
		w.Until("all rows are there, each once", func() bool { return w.rows() == 50 })
		time.Sleep(time.Minute)
		if got := w.rows(); got != 50 {
			t.Errorf("rows: got %d, want 50", got)
		}
	})
}

func TestReplayIsShiftedToItsStart(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.start(spec(fmt.Sprintf(`{"type":"replay","file":%q,"shift":"now"}`, w.recordsFile(3)), ""))
		w.Until("its sink is announced", func() bool { return len(w.announced()) == 1 })
		if got := w.announced()[0]; !strings.Contains(got, `"interval":"2000-01-01T00:00:00.000Z/2000-01-01T00:01:00.000Z"`) {
			t.Errorf("announced: got %s, want the bubble's first minute", got)
		}
	})
}

func TestReplayIsRepeatedAndItsRowsHaveTheTimeOfTheirArrival(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.start(spec(fmt.Sprintf(`{"type":"replay","file":%q,"rate":1,"shift":"arrival","repeat":true}`, w.recordsFile(3)), ""))
		time.Sleep(10*time.Second + time.Second/2)
		if got := w.rows(); got != 11 {
			t.Errorf("rows of a file of 3, at one a second for ten seconds: got %d, want 11", got)
		}
		if got := w.announced(); len(got) != 1 || !strings.Contains(got[0], `"interval":"2000-01-01T00:00:00.000Z/2000-01-01T00:01:00.000Z"`) {
			t.Errorf("announced: got %s, want the bubble's first minute and nothing else", got)
		}
	})
}

func TestFileWithoutARecordIsNotRepeated(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.start(spec(fmt.Sprintf(`{"type":"replay","file":%q,"rate":1,"repeat":true}`, w.recordsFile(0)), ""))
		time.Sleep(time.Minute)
		if got := w.rows(); got != 0 {
			t.Errorf("rows: got %d, want none", got)
		}
	})
}

func TestGeneratorMakesCurrentRows(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.start(spec(`{"type":"generator","rate":5}`, ""))
		time.Sleep(10 * time.Second)
		if got := w.rows(); got < 48 || got > 51 {
			t.Errorf("rows after ten seconds at five a second: got %d, want about 50", got)
		}
	})
}

func TestReceiverRefusesAnythingButAListOfEvents(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.start(spec(receiverJSON, ""))
		tooMany := "[" + strings.TrimSuffix(strings.Repeat("{},", 101), ",") + "]"
		for _, tt := range []struct {
			path, body string
			code       int
		}{
			{"edits/push-events", "garbage", http.StatusBadRequest},
			{"edits/push-events", `{"time":1}`, http.StatusBadRequest},
			{"edits/push-events", tooMany, http.StatusBadRequest},
			{"edits/other", "[]", http.StatusNotFound},
			{"nobody/push-events", "[]", http.StatusNotFound},
			{"edits/shutdown?shutoffTime=soon", "", http.StatusBadRequest},
			{"edits/push-events", `[{"time":"not a time"}]`, http.StatusOK},
		} {
			if code, answer := w.Call("POST", host+"/druid/worker/v1/chat/"+tt.path, tt.body); code != tt.code {
				t.Errorf("POST %s %.20s: got %d %s, want %d", tt.path, tt.body, code, answer, tt.code)
			}
		}
	})
}

func TestShutdownOfTheReceiverHandsEverythingOff(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.takenOver.Store(true)
		w.start(spec(receiverJSON, `,"rejectionPolicy":{"type":"none"}`))
		w.push(time.Now())
		at := druid.At(time.Now().Add(5 * time.Second)).String()
		if code, answer := w.Call("POST", host+"/druid/worker/v1/chat/edits/shutdown?shutoffTime="+at, ""); code != http.StatusOK {
			t.Fatalf("shutdown: got %d %s, want 200", code, answer)
		}
		w.Until("the segment is published", func() bool { return len(w.published()) == 1 })
		w.Until("it is handed off", func() bool { return len(w.announced()) == 0 })
		if code, _ := w.Call("POST", host+"/druid/worker/v1/chat/edits/push-events", "[]"); code != http.StatusNotFound {
			t.Errorf("push after the shutdown: got %d, want 404", code)
		}
	})
}
