package observe

import (
	"fmt"
	"testing"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/stage/scenario"
)

// sized is a cluster of the given number of historicals with three segments each, a worker for each, and a leader.
func sized(t testing.TB, historicals int) *land {
	l := newLand(t, 1)
	l.lead(l.coordinator(0, 7), 0)
	for i := range historicals {
		l.historical(1+i, 3)
		l.write(l.paths.Worker(host(1+i)), druid.Worker{Host: host(1 + i), Capacity: 2}, int64(1001+i))
	}
	return l
}

// changes are what happens in a cluster, each with its reversal.
var changes = []struct {
	name     string
	do, undo func(*land)
}{
	{
		"a load request comes and goes",
		func(l *land) { l.write(l.paths.LoadRequest(host(3), "s"), druid.ChangeRequest{Action: "load"}, 7) },
		func(l *land) { l.delete(l.paths.LoadRequest(host(3), "s")) },
	}, {
		"a segment is announced and unannounced",
		func(l *land) {
			l.write(l.paths.Segment(host(3), "more"), []druid.DataSegment{segment("flights", 1)}, 1003)
		},
		func(l *land) { l.delete(l.paths.Segment(host(3), "more")) },
	}, {
		"a segment that all have is announced and unannounced",
		func(l *land) { l.write(l.paths.Segment(host(0), "more"), []druid.DataSegment{segment("wiki", 1)}, 7) },
		func(l *land) { l.delete(l.paths.Segment(host(0), "more")) },
	}, {
		"a task is assigned and taken",
		func(l *land) { l.write(l.paths.Task(host(3), "t"), []byte("{}"), 0) },
		func(l *land) { l.delete(l.paths.Task(host(3), "t")) },
	}, {
		"a server goes and comes",
		func(l *land) { l.delete(l.paths.Announcement(host(3))) },
		func(l *land) { l.write(l.paths.Announcement(host(3)), server(3, druid.TypeHistorical), 1003) },
	}, {
		"a node is killed and comes back",
		func(l *land) {
			n := l.words["historical-3"]
			n.State = Killed
			l.hear(n)
		},
		func(l *land) {
			n := l.words["historical-3"]
			n.State = Up
			l.hear(n)
		},
	}, {
		"a candidate joins and leaves",
		func(l *land) { l.write(l.paths.CoordinatorLatch()+"/z", []byte("http://"+host(3)), 1003) },
		func(l *land) { l.delete(l.paths.CoordinatorLatch() + "/z") },
	},
}

func TestCostOfAChangeDoesNotDependOnTheSizeOfTheCluster(t *testing.T) {
	small, large := sized(t, 10), sized(t, 1000)
	for _, c := range changes {
		touched := func(l *land) int {
			before := l.model.Work()
			c.do(l)
			c.undo(l)
			return l.model.Work() - before
		}
		of10, of1000 := touched(small), touched(large)
		if of10 != of1000 || of10 == 0 {
			t.Errorf("%s: touches %d things of 10 nodes' cluster, %d of 1,000 nodes'", c.name, of10, of1000)
		}
	}
}

func BenchmarkChange(b *testing.B) {
	for _, size := range []int{10, 1000} {
		l := sized(b, size)
		for _, c := range changes {
			b.Run(fmt.Sprintf("%s/%d", c.name, size), func(b *testing.B) {
				for b.Loop() {
					c.do(l)
					c.undo(l)
				}
			})
		}
	}
}

func BenchmarkQuestion(b *testing.B) {
	for _, size := range []int{10, 1000} {
		l := sized(b, size)
		for _, text := range []string{
			"leaders(coordinator) == 1 and candidates(coordinator) == 1", "served(wiki) == 3 and replicas(*) > 3", "sessions() > 3 and queued() == 0", "up(*) > 3",
		} {
			condition, err := scenario.ParseCondition(text)
			if err != nil {
				b.Fatal(err)
			}
			b.Run(fmt.Sprintf("%s/%d", text, size), func(b *testing.B) {
				for b.Loop() {
					if holds, seen := condition.Eval(l.model.Look(1, time.Time{}, nil)); !holds {
						b.Fatal(seen)
					}
				}
			})
		}
	}
}
