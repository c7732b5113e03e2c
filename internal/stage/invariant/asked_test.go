package invariant

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"oakmoot/internal/druid"
)

// look brings what the rules ask every second for a while.
func (w *world) look(d time.Duration, wants []Want) {
	for ; d > 0; d -= time.Second {
		w.pass(time.Second)
		w.set.Replicas.Wanted(wants)
	}
}

// led is a world with a leading coordinator.
func led(t *testing.T) *world {
	w := newWorld(t)
	w.up("coordinator", "c", 99)
	w.candidate("c", 1, 99)
	w.lead("c", 99)
	return w
}

func TestASegmentThatNobodyLoadsBreaksReplicas(t *testing.T) {
	w := led(t)
	w.historical("h1", 1, 0)
	w.historical("h2", 2)
	w.look(soon, wants(2, 0))
	w.breaks()
	w.look(late, wants(2, 0))
	if r := w.breaks(Replicas)[Replicas]; !strings.Contains(r.Why, "by 1 of 2 servers of tier _default_tier") {
		t.Errorf("got %q", r.Why)
	}
}

// To plan for very many takes a coordinator longer than its periods.
func TestTheMoreSegmentsAreShortTheLongerACoordinatorMayPlan(t *testing.T) {
	w := led(t)
	w.historical("h1", 1)
	days := make([]int, 2*time.Second/planning)
	for i := range days {
		days[i] = i
	}
	many := wants(1, days...)
	w.look(bounds.replication()+2*time.Second, many)
	w.breaks()
	w.look(2*time.Second, many)
	w.breaks(Replicas)
}

// A balancer that moves the only copy once a second does not make it two.
func TestASegmentThatIsMovedToAndFroBreaksReplicas(t *testing.T) {
	w := led(t)
	w.historical("h1", 1, 0)
	w.historical("h2", 2)
	from, to := int64(1), int64(2)
	for range int(late / time.Second) {
		w.look(time.Second, wants(2, 0))
		w.serve(fmt.Sprint("h", to), to, 0)
		w.serve(fmt.Sprint("h", from), from)
		from, to = to, from
	}
	w.breaks(Replicas)
}

// While segments that a lost server had come to others, nobody is late.
func TestSegmentsThatStillComeDoNotBreakReplicas(t *testing.T) {
	w := led(t)
	const lost = 9
	days := []int{0, 1, 2, 3, 4, 5, 6, 7, 8}
	w.historical("h1", 1, days...)
	w.historical("h2", 2, days...)
	w.look(soon, wants(2, days...))
	w.end(2)
	w.historical("h3", 3)
	for day := range lost {
		w.look(soon, wants(2, days...))
		w.serve("h3", 3, days[:day+1]...)
	}
	w.breaks()
}

func TestReplicasAreCountedWhereTheyCanBe(t *testing.T) {
	for _, test := range []struct {
		name  string
		setUp func(*world)
		wants []Want
	}{
		{"a tier with one server", func(w *world) { w.historical("h1", 1, 0) }, wants(2, 0)},
		{"a server that is full", func(w *world) {
			w.historical("h1", 1, 0)
			w.historical("h2", 2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
		}, wants(2, 0)},
		{"all replicas", func(w *world) { w.historical("h1", 1, 0); w.historical("h2", 2, 0) }, wants(2, 0)},
		{"no coordinator that leads", func(w *world) { w.historical("h1", 1); w.end(99) }, wants(2, 0)},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := led(t)
			test.setUp(w)
			w.look(late, test.wants)
			w.breaks()
		})
	}
}

func TestAMissingFileBreaksDisk(t *testing.T) {
	w := newWorld(t)
	w.historical("h", 1, 0, 1)
	var looks int
	for _, wrong := range []error{nil, errors.New("no such file")} {
		for samples := w.set.Disks.Samples(1); len(samples) > 0 && looks < 10; samples = w.set.Disks.Samples(1) {
			looks++
			w.set.Disks.Examined(samples[0], wrong)
			if wrong == nil {
				break
			}
		}
	}
	if r := w.breaks(Disk)[Disk]; r.Exercised != 1 || looks != 1+sampleTries || !strings.Contains(r.Why, "no such file") {
		t.Errorf("after %d looks: %+v", looks, r)
	}
}

func TestWhatIsNoLongerAnnouncedMayBeMissing(t *testing.T) {
	w := newWorld(t)
	w.historical("h", 1, 0)
	for range 2 * sampleTries {
		for _, sample := range w.set.Disks.Samples(10) {
			w.serve("h", 1)
			w.set.Disks.Examined(sample, errors.New("no such file"))
		}
	}
	w.breaks()
}

func TestABatchThatChangesAnnouncesOnlyWhatIsNew(t *testing.T) {
	w := newWorld(t)
	w.historical("h", 1, 0, 1)
	w.set.Disks.Samples(10)
	w.serve("h", 1, 1, 2)
	if got := w.set.Disks.Samples(10); len(got) != 1 || got[0].Segment.ID() != segment(2).ID() {
		t.Errorf("the samples are %v, want one of day 2", got)
	}
}

// see lets the broker answer that it would ask these servers for days.
func (w *world) see(d time.Duration, servers map[int][]string) {
	for ; d > 0; d -= time.Second {
		w.pass(time.Second)
		for ds := range w.set.Brokers.Due("b") {
			var located []Located
			for day, hosts := range servers {
				located = append(located, Located{Interval: segment(day).Interval.String(), Version: "v", Servers: hosts})
			}
			w.set.Brokers.Sees("b", ds, w.set.Brokers.State(ds), located)
		}
	}
}

func TestABrokerThatDoesNotSeeAnAnnouncementBreaksBrokerView(t *testing.T) {
	for _, test := range []struct {
		name string
		sees map[int][]string
		want string
	}{
		{"a segment", map[int][]string{0: {host("h1"), host("h2")}}, "it does not know"},
		{"a replica", map[int][]string{0: {host("h1")}, 1: {host("h1")}}, "it would ask h1:1"},
		{"its end", map[int][]string{0: {host("h1"), host("h2")}, 1: {host("h1")}, 2: {host("h1")}}, "which nobody announces"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.historical("h1", 1, 0, 1)
			w.historical("h2", 2, 0)
			w.see(soon, test.sees)
			w.breaks()
			w.see(late, test.sees)
			if r := w.breaks(BrokerView)[BrokerView]; !strings.Contains(r.Why, test.want) {
				t.Errorf("got %q, want %q in it", r.Why, test.want)
			}
		})
	}
}

func TestABrokerThatSeesWhatIsAnnouncedIsAskedOnce(t *testing.T) {
	w := newWorld(t)
	w.historical("h1", 1, 0, 1)
	w.historical("h2", 2, 0)
	w.see(late, map[int][]string{0: {host("h2"), host("h1")}, 1: {host("h1")}})
	w.exercised(BrokerView, 1)
}

func TestRowsThatAreMissingOrTooManyBreakRowsOnce(t *testing.T) {
	for counted, word := range map[int64]string{99: "lost", 101: "doubled"} {
		w := newWorld(t)
		for range int(late / time.Second) {
			w.pass(time.Second)
			if w.set.Rows.Due("wiki", 1, 100) {
				w.set.Rows.Counted("b", "wiki", 1, 100, counted)
			}
		}
		if r := w.breaks(RowsOnce)[RowsOnce]; !strings.Contains(r.Why, word) {
			t.Errorf("got %q, want %q in it", r.Why, word)
		}
	}
}

func TestRowsThatAreBackInAMomentKeepRowsOnce(t *testing.T) {
	w := newWorld(t)
	w.set.Rows.Counted("b", "wiki", 1, 100, 90)
	w.pass(soon)
	w.set.Rows.Counted("b", "wiki", 1, 100, 100)
	w.pass(late)
	if w.set.Rows.Due("wiki", 1, 100) {
		t.Error("they are counted again, though nothing has changed")
	}
	w.exercised(RowsOnce, 1)
}

func TestRowsThatCouldNotBeCountedAreNotChecked(t *testing.T) {
	w := newWorld(t)
	result := func() Result { return w.set.Results()[slices.Index(Names(), RowsOnce)] }
	w.set.Rows.Passed("wiki", "there is no broker to ask")
	if r := result(); r.State != NotExercised {
		t.Errorf("with nothing to count it is %s: %s", r.State, r.Why)
	}
	w.historical("h", 1, 0)
	if r := result(); r.State != NotChecked || r.Why != "wiki: "+noQuiet {
		t.Errorf("with nobody who looks it is %s: %s", r.State, r.Why)
	}
	w.set.Rows.Passed("wiki", "there is no broker to ask")
	if r := result(); r.State != NotChecked || r.Why != "wiki: there is no broker to ask" {
		t.Errorf("without a broker it is %s: %s", r.State, r.Why)
	}
	w.set.Rows.Counted("b", "wiki", 1, 100, 100)
	if r := result(); r.State != Held {
		t.Errorf("once counted it is %s: %s", r.State, r.Why)
	}
}

// answer has the store and the API asked about ended tasks for a while.
func (w *world) answer(d time.Duration, store string, own bool, api string) {
	for ; d > 0; d -= time.Second {
		w.pass(time.Second)
		for _, task := range w.set.Tasks.Open(10) {
			w.set.Tasks.Said(task, store, own, api)
		}
	}
}

func TestAStoreThatDisagreesWithTheWorkerBreaksOneFinalStatus(t *testing.T) {
	for _, test := range []struct{ store, api string }{
		{druid.TaskRunning, druid.TaskSuccess}, {druid.TaskSuccess, druid.TaskRunning}, {druid.TaskFailed, druid.TaskFailed},
	} {
		w := newWorld(t)
		w.worker("m", 1)
		w.status("m", "t", druid.TaskSuccess)
		w.answer(soon, test.store, false, test.api)
		w.breaks()
		w.answer(late, test.store, false, test.api)
		w.breaks(OneFinalStatus)
	}
}

func TestAStoreThatAgreesInTheEndKeepsOneFinalStatus(t *testing.T) {
	w := newWorld(t)
	w.worker("m", 1)
	w.status("m", "t", druid.TaskSuccess)
	w.answer(soon, druid.TaskRunning, true, druid.TaskRunning)
	w.answer(late, druid.TaskSuccess, false, druid.TaskSuccess)
	w.exercised(OneFinalStatus, 1)
}

func TestATaskThatTheOverlordGaveUpIsNoDisagreement(t *testing.T) {
	w := newWorld(t)
	w.worker("m", 1)
	w.status("m", "t", druid.TaskSuccess)
	w.answer(late, druid.TaskFailed, true, druid.TaskFailed)
	if notes := w.breaks()[OneFinalStatus].Notes; len(notes) != 1 {
		t.Errorf("the notes are %q", notes)
	}
}
