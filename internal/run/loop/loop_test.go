package loop

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// own is an owner that only runs functions, until ctx ends.
func own(ctx context.Context, l *Loop) {
	defer l.End()
	for {
		select {
		case f := <-l.Calls():
			f()
		case <-ctx.Done():
			return
		}
	}
}

// owned is a loop whose owner runs until the test's end, or until stop; stop waits for it.
func owned(t *testing.T) (l *Loop, stop func()) {
	t.Helper()
	l = New("the loop")
	ctx, cancel := context.WithCancel(t.Context())
	var owner sync.WaitGroup
	owner.Go(func() { own(ctx, l) })
	stop = func() { cancel(); owner.Wait() }
	t.Cleanup(stop)
	return l, stop
}

func TestDoRunsOneFunctionAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, _ := owned(t)
		const callers = 50
		count := 0 // owned by the loop: the race detector watches
		var all sync.WaitGroup
		for range callers {
			all.Go(func() {
				if err := l.Do(t.Context(), func() { count++ }); err != nil {
					t.Errorf("Do: %v", err)
				}
			})
		}
		all.Wait()
		if count != callers {
			t.Errorf("%d functions have run, want %d", count, callers)
		}
	})
}

func TestFunctionsOfOneCallerRunInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, _ := owned(t)
		var got []int
		for i := range 3 {
			if err := l.Post(t.Context(), func() { got = append(got, i) }); err != nil {
				t.Fatalf("Post: %v", err)
			}
		}
		if err := l.Do(t.Context(), func() { got = append(got, 3) }); err != nil {
			t.Fatalf("Do: %v", err)
		}
		if want := []int{0, 1, 2, 3}; !slices.Equal(got, want) {
			t.Errorf("got order %v, want %v", got, want)
		}
	})
}

func TestDoWaitsForAnOwnerThatHasNotBegun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New("the loop")
		ran := make(chan error, 1)
		go func() { ran <- l.Do(t.Context(), func() {}) }()
		synctest.Wait()
		if len(ran) > 0 {
			t.Fatal("Do has returned without an owner")
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go own(ctx, l)
		if err := <-ran; err != nil {
			t.Errorf("Do: %v", err)
		}
	})
}

func TestAbandonedFunctionNeverRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New("the loop") // nobody takes anything
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		ran := false
		if err := l.Do(ctx, func() { ran = true }); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want that the deadline is exceeded", err)
		}
		running, stop := context.WithCancel(t.Context())
		go own(running, l)
		if err := l.Do(t.Context(), func() {}); err != nil {
			t.Errorf("Do: %v", err)
		}
		if ran {
			t.Error("the function has run after it was given up")
		}
		stop()
		synctest.Wait()
	})
}

func TestEndedContextRunsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, _ := owned(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for range 100 { // the owner is ready: left to chance, half of them would run
			if err := l.Do(ctx, func() { t.Error("a function has run") }); !errors.Is(err, context.Canceled) {
				t.Fatalf("got %v, want that the context is cancelled", err)
			}
		}
	})
}

func TestDoWaitsForAFunctionThatWasTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, _ := owned(t)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		finished := false
		if err := l.Do(ctx, func() { time.Sleep(time.Minute); finished = true }); err != nil {
			t.Errorf("Do: %v", err)
		}
		if !finished {
			t.Error("Do has returned before its function")
		}
	})
}

func TestEndRefusesThoseWhoWaitAndThoseWhoComeLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New("the loop")
		refused := make(chan error, 1)
		go func() { refused <- l.Do(t.Context(), func() { t.Error("a function has run") }) }()
		synctest.Wait()
		l.End()
		l.End() // does nothing
		for _, err := range []error{<-refused, l.Do(t.Context(), func() {}), l.Post(t.Context(), func() {})} {
			if !errors.Is(err, ErrEnded) || err.Error() != "the loop has stopped" {
				t.Errorf("got %v, want that the loop has stopped", err)
			}
		}
		select {
		case <-l.Ended():
		default:
			t.Error("Ended is open after the end")
		}
	})
}

func TestAsyncLeavesTheRestToTheOwner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, _ := owned(t)
		value := 0 // owned by the loop
		done := make(chan int)
		pending := func() (n int) {
			if err := l.Do(t.Context(), func() { n = l.Pending() }); err != nil {
				t.Errorf("Do: %v", err)
			}
			return n
		}
		err := l.Do(t.Context(), func() {
			l.Async(func() (rest func()) {
				<-done
				return func() { value = 7 }
			})
			l.Async(func() (rest func()) { return nil })
		})
		if err != nil {
			t.Fatalf("Do: %v", err)
		}
		synctest.Wait()
		if n := pending(); n != 1 {
			t.Errorf("%d functions pending, want the one that waits", n)
		}
		close(done)
		synctest.Wait()
		if n := pending(); n != 0 || value != 7 {
			t.Errorf("got %d pending and value %d, want 0 and 7", n, value)
		}
	})
}

func TestEndWaitsForAsyncAndRunsItsRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, stop := owned(t)
		ran := 0 // owned by the loop
		var late error
		err := l.Do(t.Context(), func() {
			for range 3 {
				l.Async(func() (rest func()) {
					<-l.Ended()
					time.Sleep(time.Minute)
					return func() { ran++ }
				})
			}
			l.Async(func() (rest func()) {
				<-l.Ended()
				late = l.Post(context.Background(), func() { t.Error("a function has run after the end") })
				return nil
			})
		})
		if err != nil {
			t.Fatalf("Do: %v", err)
		}
		stop()
		if ran != 3 {
			t.Errorf("the rest of %d functions has run, want 3", ran)
		}
		if !errors.Is(late, ErrEnded) {
			t.Errorf("Post after the end: got %v, want that the loop has stopped", late)
		}
	})
}

func TestRestMayStartAnotherWhileTheLoopEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New("the loop")
		second := false
		l.Async(func() (rest func()) {
			return func() {
				l.Async(func() (rest func()) { return func() { second = true } })
			}
		})
		l.End()
		if !second {
			t.Error("the end has not waited for what the rest had started")
		}
	})
}

func TestEndWaitsForWhatGoHasStarted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New("the loop")
		var over atomic.Bool
		l.Go(func() {
			<-l.Ended()
			time.Sleep(time.Minute)
			over.Store(true)
		})
		l.End()
		if !over.Load() {
			t.Error("End has returned before what Go has started")
		}
	})
}

func TestNothingFromOutsideRunsOnceTheLoopEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for range 50 {
			l := New("the loop")
			refused := make(chan error, 1)
			l.Async(func() (rest func()) { // keeps End busy while others call
				go func() { refused <- l.Do(t.Context(), func() { t.Error("a function has run") }) }()
				time.Sleep(time.Second)
				return nil
			})
			l.End()
			if err := <-refused; !errors.Is(err, ErrEnded) {
				t.Fatalf("got %v, want that the loop has stopped", err)
			}
		}
	})
}

func TestPanicUnwindsTheOwnerAndReleasesTheCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New("the loop")
		recovered := make(chan any, 1)
		go func() {
			defer func() { recovered <- recover() }()
			own(t.Context(), l)
		}()
		if err := l.Do(t.Context(), func() { panic("broken") }); !errors.Is(err, ErrEnded) {
			t.Errorf("got %v, want that the loop has stopped", err)
		}
		if got := <-recovered; got != "broken" {
			t.Errorf("the owner has recovered %v, want the function's panic", got)
		}
		if err := l.Do(t.Context(), func() {}); !errors.Is(err, ErrEnded) {
			t.Errorf("got %v, want that the loop has stopped", err)
		}
	})
}

func TestAfterRunsOnTheLoopWhenDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, _ := owned(t)
		start := time.Now()
		at := make(chan time.Duration, 1)
		l.After(time.Hour, func() { at <- time.Since(start) })
		if got := <-at; got != time.Hour {
			t.Errorf("the function has run after %v, want an hour", got)
		}
	})
}

func TestStoppedTimerNeverRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, _ := owned(t)
		err := l.Do(t.Context(), func() {
			early := l.After(time.Second, func() { t.Error("a timer stopped before its time has run") })
			early.Stop()
			late := l.After(time.Second, func() { t.Error("a timer stopped after its time has run") })
			time.Sleep(time.Minute) // it has fired, and waits for this function to return
			late.Stop()
			(*Timer)(nil).Stop()
		})
		if err != nil {
			t.Fatalf("Do: %v", err)
		}
		time.Sleep(time.Minute)
	})
}

func TestTimerOfAnEndedLoopRunsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New("the loop")
		l.After(time.Second, func() { t.Error("a timer has run") })
		l.End()
		time.Sleep(time.Minute)
	})
}

func TestSleep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		if err := Sleep(t.Context(), time.Minute); err != nil || time.Since(start) != time.Minute {
			t.Errorf("got %v after %v, want nil after a minute", err, time.Since(start))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start = time.Now()
		if err := Sleep(ctx, time.Minute); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("got %v after %v, want the context's error after a second", err, time.Since(start))
		}
		if err := Sleep(ctx, 0); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the error of a context that has ended", err)
		}
	})
}

func TestGoodbyeOutlivesItsContextUntilTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type key struct{}
		ctx, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, "kept"))
		cancel()
		start := time.Now()
		bye, done := Goodbye(ctx, GoodbyeEntry)
		defer done()
		if bye.Err() != nil || bye.Value(key{}) != "kept" {
			t.Errorf("got error %v and value %v, want a context that lives with the value kept", bye.Err(), bye.Value(key{}))
		}
		<-bye.Done()
		if got := time.Since(start); got != GoodbyeEntry {
			t.Errorf("it has ended after %v, want %v", got, GoodbyeEntry)
		}
	})
}
