package observe

import (
	"testing"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/stage/scenario"
)

func TestWhatEachFunctionReadsIsKnown(t *testing.T) {
	for _, f := range scenario.Functions {
		if (readFrom[f.Name] != nil) != (f.Reads&scenario.FromZooKeeper != 0) {
			t.Errorf("%s reads ZooKeeper: %v, and has kinds of znodes: %v", f.Name, f.Reads&scenario.FromZooKeeper != 0, readFrom[f.Name])
		}
	}
}

// TestOnlyWhatIsReadStirs makes changes of each sort, and counts who has to look.
func TestOnlyWhatIsReadStirs(t *testing.T) {
	for text, want := range map[string]int{
		"queued() > 1":                                         2, // the load request and its end
		"leaders(coordinator) == 1":                            0,
		"served(wiki) == 3":                                    1, // the batch
		"segments(historical) == 3":                            1,
		"segments(coordinator@leader) == 0":                    1,
		"sessions() == 2":                                      3,
		"znodes(/druid/loadQueue/*/s) == 0":                    2,
		"znodes(/druid/loadQueue/*/t) == 0":                    0,
		"znodes(/druid/loadQueue/*/t) == 0 and queued() == 0":  2,
		"candidates(coordinator) == 1 or served(flights) == 1": 1,
	} {
		l := sized(t, 5)
		c, err := scenario.ParseCondition(text)
		if err != nil {
			t.Fatal(err)
		}
		moment := func() *Moment { return l.model.Look(1, time.Time{}, nil) }
		a := NewAttention(c, moment())
		if a.Stirs(moment(), nil) {
			t.Errorf("%s: nothing has changed", text)
		}
		for _, change := range []func(){
			func() { l.write(l.paths.LoadRequest(host(3), "s"), druid.ChangeRequest{Action: "load"}, 7) },
			func() { l.delete(l.paths.LoadRequest(host(3), "s")) },
			func() { l.write(l.paths.Segment(host(3), "more"), []druid.DataSegment{segment("wiki", 1)}, 1003) },
		} {
			change()
			a.Stirs(moment(), []Change{l.last})
		}
		if a.Looks() != want {
			t.Errorf("%s: %d looks, want %d", text, a.Looks(), want)
		}
	}
}
