package clock

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// clocks are a clock that was never set, and none.
func clocks() map[string]*Clock { return map[string]*Clock{"none": nil, "a new one": new(Clock)} }

func TestClockThatWasNeverSetIsTheTimePackages(t *testing.T) {
	for name, c := range clocks() {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			if now, steady := c.Now(), c.Steady(); now != start || steady != start {
				t.Errorf("%s shows %v and %v, want %v", name, now, steady, start)
			}
			if err := c.Sleep(t.Context(), time.Minute); err != nil || time.Since(start) != time.Minute || c.Since(start) != time.Minute || c.Until(start) != -time.Minute {
				t.Errorf("%s: got %v after %v, want nil after a minute", name, err, time.Since(start))
			}
			ctx, cancel := c.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if err := c.Sleep(ctx, time.Hour); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 2*time.Minute {
				t.Errorf("%s: got %v after %v, want the context's error after two minutes", name, err, time.Since(start))
			}
			timer := c.NewTimer(time.Hour)
			if !timer.Stop() || timer.Stop() || timer.Reset(time.Second) {
				t.Errorf("%s: a timer that runs can be stopped once, and one that was stopped does not run", name)
			}
			<-timer.C
			<-c.After(time.Second)
			if got := time.Since(start); got != 2*time.Minute+2*time.Second {
				t.Errorf("%s: two timers of a second ended at %v", name, got)
			}
		})
	}
}

func TestSlowClockFallsBehindAndItsTimersTakeLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, start := new(Clock), time.Now()
		c.Set(0.25, 0)
		if err := c.Sleep(t.Context(), time.Minute); err != nil {
			t.Fatal(err)
		}
		if truly, shown, steady := time.Since(start), c.Since(start), c.Steady().Sub(start); truly != 4*time.Minute || shown != time.Minute || steady != time.Minute {
			t.Errorf("a minute took %v, and the clock showed %v and %v", truly, shown, steady)
		}
		c.Set(True, 0)
		if !c.Now().Equal(time.Now()) || c.Steady().Sub(start) != time.Minute {
			t.Errorf("it shows %v and %v, want the true time, and a steady reading that has not jumped", c.Now(), c.Steady())
		}
	})
}

func TestClockKeepsWhatItLostUntilItsRateIsTrue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := new(Clock)
		steps := []struct {
			rate  float64
			ahead time.Duration
			want  time.Duration // what it is ahead an hour later
		}{
			{0.5, 0, -30 * time.Minute},
			{0.5, time.Hour, 0},
			{2, time.Hour, time.Hour},
			{2, 0, time.Hour},
			{True, time.Minute, time.Minute},
			{True, -time.Minute, -time.Minute},
		}
		for i, s := range steps {
			steady := c.Steady()
			c.Set(s.rate, s.ahead)
			if c.Steady() != steady {
				t.Errorf("step %d: the steady reading has jumped by %v", i+1, c.Steady().Sub(steady))
			}
			time.Sleep(time.Hour)
			if got := time.Until(c.Now()); got != s.want {
				t.Errorf("step %d: it is ahead by %v, want %v", i+1, got, s.want)
			}
			if got, want := c.Steady().Sub(steady), time.Duration(float64(time.Hour)*s.rate); got != want {
				t.Errorf("step %d: the steady reading went on by %v, want %v", i+1, got, want)
			}
		}
	})
}

func TestRunningTimersTakeTheNewRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, start := new(Clock), time.Now()
		at := map[string]time.Duration{}
		timer := c.NewTimer(time.Minute)
		ran := make(chan time.Duration, 1)
		c.AfterFunc(time.Minute, func() { ran <- time.Since(start) })
		stopped := c.AfterFunc(time.Minute, func() { t.Error("a timer that was stopped has run") })
		stopped.Stop()
		limited, cancel := c.WithTimeout(t.Context(), time.Minute)
		defer cancel()

		time.Sleep(30 * time.Second)
		c.Set(0.5, 0)
		time.Sleep(20 * time.Second) // 10 seconds of the clock
		c.Set(4, time.Hour)          // 20 seconds are left: 5
		<-limited.Done()             // first, at a minute
		at["the limit"] = time.Since(start)
		<-timer.C
		at["the function"] = <-ran
		want := map[string]time.Duration{"the limit": time.Minute, "the function": 55 * time.Second}
		for what, d := range want {
			if at[what] != d {
				t.Errorf("%s ended after %v, want %v", what, at[what], d)
			}
		}
		c.Set(0.1, 0)
		synctest.Wait()
		if timer.Stop() || len(ran) > 0 {
			t.Error("a timer that was over runs again")
		}
	})
}

func TestTimerThatNobodyHasLookedAtStaysOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := new(Clock)
		timer := c.NewTimer(time.Second)
		time.Sleep(time.Minute)
		c.Set(0.5, 0)
		start := time.Now()
		<-timer.C
		if time.Since(start) != 0 {
			t.Errorf("it had to be waited for %v, want that it is over", time.Since(start))
		}
	})
}

func TestTickerTakesTheNewRateWithoutLosingItsTurn(t *testing.T) {
	for name, c := range clocks() {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			ticks := c.NewTicker(time.Minute)
			defer ticks.Stop()
			var got []time.Duration
			tick := func() { <-ticks.C; got = append(got, time.Since(start)) }
			tick()
			want := []time.Duration{time.Minute}
			if c != nil {
				time.Sleep(30 * time.Second)
				c.Set(0.5, time.Hour)
				tick() // the half that is left takes a minute
				tick()
				want = append(want, 150*time.Second, 270*time.Second)
				c.Set(True, 0)
			}
			time.Sleep(5*time.Minute + time.Second) // one of five waits
			tick()
			tick()
			since := want[len(want)-1]
			want = append(want, since+5*time.Minute+time.Second, since+6*time.Minute)
			for i := range want {
				if got[i] != want[i] {
					t.Fatalf("%s: ticks after %v, want %v", name, got, want)
				}
			}
			ticks.Stop()
			time.Sleep(time.Hour)
			select {
			case <-ticks.C:
				t.Errorf("%s: a tick after the end", name)
			default:
			}
		})
	}
}

func TestLimitsOfASlowClockAreLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, start, cause := new(Clock), time.Now(), errors.New("too late")
		c.Set(0.001, 0)
		ctx, cancel := c.WithTimeoutCause(t.Context(), time.Second, cause)
		defer cancel()
		<-ctx.Done()
		if context.Cause(ctx) != cause || time.Since(start) != 1000*time.Second {
			t.Errorf("got %v after %v, want the cause after 1000 seconds", context.Cause(ctx), time.Since(start))
		}
		if c.Sleep(ctx, 0) == nil {
			t.Error("a context that has ended allows no sleep")
		}
		timer := c.NewTimer(1 << 62) // of which 1000 times as much cannot be said
		defer timer.Stop()
		select {
		case <-timer.C:
			t.Error("the longest timer is over")
		default:
		}
	})
}

func TestClockForgetsTimersThatAreOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := new(Clock)
		for range 10 * leastTimers {
			<-c.After(time.Second)
		}
		if len(c.timers) > leastTimers {
			t.Errorf("it knows %d timers, want at most %d", len(c.timers), leastTimers)
		}
		if c.Asked() < 10*leastTimers {
			t.Errorf("it was asked %d times", c.Asked())
		}
	})
}
