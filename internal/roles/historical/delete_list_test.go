package historical

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"oakmoot/internal/druid"
)

func TestDeleteListReleasesSegmentsAfterTheirDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b, c := druid.SegmentID{DataSource: "a"}, druid.SegmentID{DataSource: "b"}, druid.SegmentID{DataSource: "c"}
		d := newDeleteList(nil, 30*time.Second)
		if got := d.wait(time.Hour); got != time.Hour {
			t.Errorf("an empty list waits for %v, want the most that it may", got)
		}
		d.add(a)
		d.add(b)
		time.Sleep(10 * time.Second)
		d.add(c)
		d.remove(b) // loaded again
		if got := d.wait(time.Hour); got != 20*time.Second {
			t.Errorf("the list waits for %v, want 20s", got)
		}
		if got := d.take(time.Now()); len(got) > 0 {
			t.Errorf("got %v before their time, want none", got)
		}
		time.Sleep(20 * time.Second)
		if got := d.take(time.Now()); !slices.Equal(got, []druid.SegmentID{a}) {
			t.Errorf("got %v, want %v", got, a)
		}
		if got := d.wait(time.Hour); got != 10*time.Second {
			t.Errorf("the list waits for %v, want 10s", got)
		}
	})
}

func TestDeleteListOfTheMuseumGoesByTheFirstTimer(t *testing.T) {
	for byFirst, want := range map[bool]time.Duration{true: 10 * time.Second, false: 30 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			a := druid.SegmentID{DataSource: "a"}
			d := newDeleteList(nil, 30*time.Second)
			d.byFirst = byFirst
			d.add(a)
			time.Sleep(20 * time.Second)
			d.remove(a) // loaded again
			d.add(a)
			if got := d.wait(time.Hour); got != want {
				t.Errorf("by the first timer %v: the list waits for %v, want %v", byFirst, got, want)
			}
		})
	}
}
