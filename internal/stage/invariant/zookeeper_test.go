package invariant

import (
	"slices"
	"strings"
	"testing"

	"oakmoot/internal/druid"
	"oakmoot/internal/stage/observe"
)

func TestALeaderThatIsNotTheFirstCandidateBreaksOneLeader(t *testing.T) {
	w := newWorld(t)
	w.up("coordinator", "a", 1)
	w.up("coordinator", "b", 2)
	w.candidate("a", 7, 1)
	w.candidate("b", 8, 2)
	w.lead("a", 1)
	w.exercised(OneLeader, 1)
	w.lead("b", 2)
	r := w.breaks(OneLeader)[OneLeader]
	if want := "b leads as coordinator, but the first candidate in the latch is a"; r.Why != want || r.Zxid != w.zxid || !slices.Equal(r.Nodes, []string{"b", "a"}) {
		t.Errorf("got %+v, want %q at zxid %d of b and a", r, want, w.zxid)
	}
}

func TestLeadersOneAfterTheOtherKeepOneLeader(t *testing.T) {
	w := newWorld(t)
	w.up("coordinator", "a", 1)
	w.up("coordinator", "b", 2)
	w.candidate("a", 7, 1)
	w.candidate("b", 8, 2)
	w.lead("a", 1)
	w.die("coordinator", "a")
	w.pass(soon)
	w.end(1)
	w.lead("b", 2)
	w.pass(late)
	w.exercised(OneLeader, 2)
}

func TestAnOldLeaderThatActsOnIsCountedAndNoViolation(t *testing.T) {
	w := newWorld(t)
	w.up("coordinator", "a", 1)
	w.up("coordinator", "b", 2)
	latch := w.candidate("a", 7, 1)
	w.candidate("b", 8, 2)
	service := w.lead("a", 1)
	w.delete(latch) // after a reconnection it queues up anew
	w.lead("b", 2)
	w.pass(soon)
	w.delete(service)
	w.pass(late)
	r := w.breaks()[OneLeader]
	if len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "an old coordinator was still announced as the leader for 5s after b had taken over") {
		t.Errorf("the notes are %q", r.Notes)
	}
}

func TestTwoLeadersForLongBreakOneLeader(t *testing.T) {
	w := newWorld(t)
	w.up("coordinator", "a", 1)
	w.up("coordinator", "b", 2)
	latch := w.candidate("a", 7, 1)
	w.candidate("b", 8, 2)
	w.lead("a", 1)
	w.delete(latch)
	w.lead("b", 2)
	w.pass(late)
	w.breaks(OneLeader)
}

func TestASessionThatOutlivesItsNodeBreaksAnnouncementsEnd(t *testing.T) {
	w := newWorld(t)
	w.historical("h", 1, 0)
	w.die("historical", "h")
	w.pass(soon)
	w.breaks()
	w.pass(late)
	w.breaks(AnnouncementsEnd)
}

func TestASessionThatEndsInTimeKeepsAnnouncementsEnd(t *testing.T) {
	w := newWorld(t)
	w.historical("h", 1, 0)
	w.die("historical", "h")
	w.pass(soon)
	w.end(1)
	w.pass(late)
	w.exercised(AnnouncementsEnd, 1)
}

// The process that checks may have stood still, and ZooKeeper with it.
func TestTimeInWhichTheProcessStoodStillDoesNotCount(t *testing.T) {
	w := newWorld(t)
	w.historical("h", 1, 0)
	w.die("historical", "h")
	w.now = w.now.Add(late)
	w.set.At(w.now)
	w.set.Tick()
	w.breaks()
}

func TestBoundsDoNotRunWhileAFaultIsArmed(t *testing.T) {
	w := newWorld(t)
	w.historical("h", 1, 0)
	w.model.Begin(observe.Fault{ID: "f1"})
	w.die("historical", "h")
	w.pass(late)
	w.breaks()
	w.model.End("f1")
	w.pass(soon)
	w.breaks()
	w.pass(late)
	w.breaks(AnnouncementsEnd)
}

func TestALoadRequestThatStaysBreaksLoadQueueEnds(t *testing.T) {
	w := newWorld(t)
	w.historical("h", 1)
	request := w.paths.LoadRequest(host("h"), segment(0).ID().String())
	w.write(request, druid.ChangeRequest{Action: druid.ActionLoad}, 9)
	w.pass(soon)
	w.delete(request)
	w.exercised(LoadQueueEnds, 1)
	w.write(request, druid.ChangeRequest{Action: druid.ActionLoad}, 9)
	w.pass(late)
	r := w.breaks(LoadQueueEnds)[LoadQueueEnds]
	if r.Zxid != w.zxid || !slices.Equal(r.Nodes, []string{"h"}) {
		t.Errorf("got %+v, want it at zxid %d of h", r, w.zxid)
	}
}

func TestALoadRequestOfAServerThatIsGoneWaitsForItsCoordinator(t *testing.T) {
	w := newWorld(t)
	w.historical("h", 1)
	w.write(w.paths.LoadRequest(host("h"), segment(0).ID().String()), druid.ChangeRequest{Action: druid.ActionLoad}, 9)
	w.die("historical", "h")
	w.end(1)
	w.pass(late)
	w.end(9)
	w.exercised(LoadQueueEnds, 1)
}

func TestATaskOnTwoWorkersBreaksOneWorker(t *testing.T) {
	w := newWorld(t)
	w.worker("m1", 1)
	w.worker("m2", 2)
	w.write(w.paths.Task(host("m1"), "t"), "{}", 9)
	w.status("m1", "t", druid.TaskRunning)
	w.delete(w.paths.Task(host("m1"), "t"))
	w.exercised(OneWorker, 1)
	w.write(w.paths.Task(host("m2"), "t"), "{}", 9)
	r := w.breaks(OneWorker)[OneWorker]
	if want := "task t is on m2 while m1 still has it"; r.Why != want || r.Zxid != w.zxid {
		t.Errorf("got %q at %d, want %q at %d", r.Why, r.Zxid, want, w.zxid)
	}
}

func TestATaskThatIsGivenAwayWhileItsWorkerIsGoneKeepsOneWorker(t *testing.T) {
	w := newWorld(t)
	w.worker("m1", 1)
	w.worker("m2", 2)
	w.status("m1", "t", druid.TaskRunning)
	w.end(1)
	w.pass(soon)
	w.write(w.paths.Task(host("m2"), "t"), "{}", 9)
	w.pass(soon)
	w.worker("m1", 3) // back again, with the task
	w.delete(w.paths.Task(host("m2"), "t"))
	w.write(w.paths.Task(host("m2"), "t"), "{}", 9)
	if notes := w.breaks()[OneWorker].Notes; len(notes) != 1 || !strings.Contains(notes[0], "out of sight") {
		t.Errorf("the notes are %q", notes)
	}
}

func TestASecondFinalStatusBreaksOneFinalStatus(t *testing.T) {
	for _, again := range []string{druid.TaskFailed, druid.TaskRunning} {
		w := newWorld(t)
		w.worker("m", 1)
		w.status("m", "t", druid.TaskRunning)
		w.status("m", "t", druid.TaskSuccess)
		w.status("m", "t", druid.TaskSuccess)
		w.breaks()
		w.status("m", "t", again)
		if r := w.breaks(OneFinalStatus)[OneFinalStatus]; r.Zxid != w.zxid {
			t.Errorf("the zxid is %d, want %d", r.Zxid, w.zxid)
		}
	}
}

func TestZooKeeperHistory(t *testing.T) {
	for _, test := range []struct {
		name  string
		wrong func(*world) // commits what a server must not commit
		want  string
	}{
		{"a zxid that falls", func(w *world) { w.zxid -= 2; w.write("/x", "", 0) }, "comes after"},
		{"a version that stays", func(w *world) { w.tree["/a"].Version--; w.write("/a", "new", 0) }, "version 2; want"},
		{"a czxid that changes", func(w *world) { w.tree["/a"].Czxid++; w.write("/a", "new", 0) }, "czxid"},
		{"a pzxid without its child", func(w *world) { w.tree["/a"].Pzxid--; w.write("/a", "new", 0) }, "pzxid"},
		{"a znode that is made twice", func(w *world) { delete(w.tree, "/a"); w.write("/a", "", 0) }, "a second time"},
		{"a session that is opened twice", func(w *world) { w.open(1) }, "a second time"},
		{"a session that leaves an ephemeral", func(w *world) { delete(w.tree, "/a/e"); w.end(1) }, "leaves 1 of its ephemerals"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.open(1)
			w.write("/a", "", 0)
			w.write("/a", "1", 0)
			w.write("/a/e", "", 1)
			w.write("/b", "", 1)
			w.write("/a", "2", 0)
			w.delete("/b")
			w.breaks()
			test.wrong(w)
			if r := w.breaks(ZooKeeperHistory)[ZooKeeperHistory]; !strings.Contains(r.Why, test.want) {
				t.Errorf("got %q, want %q in it", r.Why, test.want)
			}
		})
	}
}

func TestAfterAGapTheHistoryBeginsAnew(t *testing.T) {
	w := newWorld(t)
	w.open(1)
	w.write("/a", "", 1)
	w.zxid += 10 // what happened meanwhile nobody knows
	w.tree["/a"].Version, w.tree["/a"].Pzxid = 5, w.zxid
	w.model.Sync(nil, []int64{1})
	w.write("/a", "1", 0)
	w.breaks()
}

func TestSwitchedOffInvariantsSayNothing(t *testing.T) {
	w := newWorld(t)
	w.set = New(bounds, AnnouncementsEnd)
	w.model.Listen(w.set)
	w.set.At(w.now)
	w.historical("h", 1, 0)
	w.die("historical", "h")
	w.pass(late)
	if r := w.breaks()[AnnouncementsEnd]; r.State != Off {
		t.Errorf("its state is %q", r.State)
	}
}

func TestWhatCannotBeSeenIsNotHeld(t *testing.T) {
	w := newWorld(t)
	w.set.Unseen(Disk, "no disk")
	if r := w.breaks()[Disk]; r.State != NotChecked || r.Why != "no disk" {
		t.Errorf("got %+v", r)
	}
	if r := w.breaks()[OneLeader]; r.State != NotExercised {
		t.Errorf("got %+v", r)
	}
}

// Only what is done to ZooKeeper itself makes a session last longer.
func TestAFaultOfAnotherNodeDoesNotHoldUpAnnouncementsEnd(t *testing.T) {
	w := newWorld(t)
	w.historical("h", 1, 0)
	w.model.Begin(observe.Fault{ID: "f1", Do: "kill h", Nodes: []string{"h"}})
	w.die("historical", "h")
	w.pass(late)
	w.breaks(AnnouncementsEnd)
}
