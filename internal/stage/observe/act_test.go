package observe_test

import (
	"testing"
	"time"

	"oakmoot/internal/stage/observe"
)

func TestSupervisorsWordsAreToldOnceAndRead(t *testing.T) {
	before := observe.Node{Name: "h", Kind: "historical", Host: "h:1", State: observe.Starting}
	if e, told := observe.TellNode(observe.Node{}, before, time.Time{}); told {
		t.Errorf("the first word was told: %+v", e)
	}
	for _, state := range []observe.State{observe.Up, observe.Paused, observe.Up, observe.Killed, observe.Starting, observe.Stopped, observe.Present, observe.Absent} {
		after := before
		after.State = state
		e, told := observe.TellNode(before, after, time.Time{})
		if read, known := observe.StateOf(e.Verb); !told || !known || read != state || e.Node != "h" || e.Subject != "h:1" || e.Detail != "historical" {
			t.Errorf("%s: got %+v, read as %q", state, e, read)
		}
		if e, told := observe.TellNode(after, after, time.Time{}); told {
			t.Errorf("%s was told twice: %+v", state, e)
		}
		before = after
	}
	if _, known := observe.StateOf("leads"); known {
		t.Error("any word is a state")
	}
}

func TestFaultIsToldOfEachNode(t *testing.T) {
	events := observe.TellFault("pause", "historical", "step x", []string{"h-2", "h-1"}, time.Time{})
	if len(events) != 2 || events[0].Node != "h-1" || events[1].Node != "h-2" || events[0].Verb != "pause" {
		t.Errorf("got %+v", events)
	}
}
