package clockfault

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestFaultsOfAClockAddUpAndGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c Clock
		ahead := func(want time.Duration) {
			t.Helper()
			if got := c.Given().Now().Sub(time.Now()); got != want {
				t.Errorf("it is ahead by %v, want %v", got, want)
			}
		}
		ahead(0)
		slow := c.Arm(Fault{Rate: 0.5})
		time.Sleep(time.Hour)
		ahead(-30 * time.Minute)
		set := c.Arm(Fault{Ahead: 2 * time.Hour})
		fast := c.Arm(Fault{Rate: 4, Ahead: -time.Hour})
		ahead(30 * time.Minute)
		time.Sleep(time.Hour) // twice as fast
		ahead(90 * time.Minute)
		slow.Undo()
		slow.Undo()
		time.Sleep(time.Minute)
		ahead(93 * time.Minute)
		fast.Undo()
		ahead(2 * time.Hour)
		set.Undo()
		ahead(0)
		if slow.Touched() != 3 || set.Touched() != 4 {
			t.Errorf("they met %d and %d readings, want 3 and 4", slow.Touched(), set.Touched())
		}
		c.Given().Now()
		if slow.Touched() != 3 {
			t.Error("a fault that is over goes on counting")
		}
	})
}
