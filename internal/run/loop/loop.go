// Package loop is the actor that every part of a cluster is built on: one goroutine owns some state, and everybody
// else hands it functions to run. It also has a sleep that a context can end, and the limits of goodbyes. It imports
// no other package of this module but the clock.
package loop

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"oakmoot/internal/run/clock"
)

// ErrEnded is in the chain of every error after the end of a loop.
var ErrEnded = errors.New("has stopped")

// Loop is the way to one goroutine, its owner. The owner runs what it receives from
// Calls, beside timers and whatever else it waits for, and defers End:
//
//	defer l.End()
//	defer stop() // the context of what Go and Async have started
//	for {
//		select {
//		case f := <-l.Calls():
//			f()
//		case <-timer.C:
//			...
//		case <-ctx.Done():
//			return nil
//		}
//	}
//
// The contract:
//
//   - Functions run one at a time on the owner's goroutine, in the order in which they
//     are taken. Nothing is queued: a function is handed over when the owner takes it,
//     so one that was given up is never run, and one that was taken always is.
//   - Before the owner looks at Calls for the first time, callers wait. When End begins,
//     those that wait are refused, as is everybody who comes later.
//   - End returns when everything that Go and Async have started is over. What an Async
//     function leaves to be done is always run, by End if need be.
//   - A function may not call Do or Post of its own loop: nobody would take it.
//   - A panic in a function unwinds the owner, as if the owner had made the call itself.
type Loop struct {
	Clock *clock.Clock // of the process

	name  string
	calls chan func()
	rest  chan func()    // what Async functions leave to run once End has begun
	ended chan struct{}  // closed when End begins
	tasks sync.WaitGroup // what Go has started

	// The owner's goroutine owns the fields below; before it runs, whoever sets up the loop does.
	pending int  // Async functions whose result has not run
	over    bool // End has been called
}

// New makes a loop. Errors use its name to say what has stopped.
func New(name string) *Loop { return NewBy(nil, name) }

// NewBy is New for a loop whose timers run by a clock.
func NewBy(c *clock.Clock, name string) *Loop {
	return &Loop{Clock: c, name: name, calls: make(chan func()), rest: make(chan func()), ended: make(chan struct{})}
}

// Calls yields the functions that the owner is to run.
func (l *Loop) Calls() <-chan func() { return l.calls }

// Ended is closed when End begins: from then on no function from outside is run.
func (l *Loop) Ended() <-chan struct{} { return l.ended }

// Do has the owner run f, and waits for it: nil means that f has run to its end, an error that it has not run and
// never will. The error is ctx's if ctx has ended, even before the call, and wraps ErrEnded if the loop has.
//
// Once the owner has taken f, Do waits for it whatever becomes of ctx. If f panics, Do returns the loop's error.
func (l *Loop) Do(ctx context.Context, f func()) error {
	ran := make(chan bool, 1)
	err := l.Post(ctx, func() {
		ok := false
		defer func() { ran <- ok }()
		f()
		ok = true
	})
	if err != nil {
		return err
	}
	if !<-ran {
		return l.stopped()
	}
	return nil
}

// Post hands over f and does not wait for it to run: nil means that the owner has taken f and runs it next. Its
// errors are those of Do.
func (l *Loop) Post(ctx context.Context, f func()) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case l.calls <- f:
		return nil
	case <-l.ended:
		return l.stopped()
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *Loop) stopped() error { return fmt.Errorf("%s %w", l.name, ErrEnded) }

// Go runs f beside the loop, and End waits for it. Only the owner may call Go, or a function that Go runs. f may use
// Do and Post, which fail once the loop ends.
func (l *Loop) Go(f func()) { l.tasks.Go(f) }

// Async runs f beside the loop, and then, on the loop, the function that f returns unless it is nil. Only the owner
// may call Async. f may use Do and Post, which fail once the loop ends.
func (l *Loop) Async(f func() (rest func())) {
	l.pending++
	go func() {
		rest := f()
		last := func() {
			l.pending--
			if rest != nil {
				rest()
			}
		}
		select {
		case l.calls <- last:
		case l.rest <- last:
		}
	}()
}

// Pending is how many functions Async has started whose result has not run yet. Only the owner may call it.
func (l *Loop) Pending() int { return l.pending }

// End refuses all further callers, waits for what Async and Go have started, and runs what the Async functions
// returned. Only the owner may call it, after cancelling the context of both. Calling it again does nothing.
func (l *Loop) End() {
	if l.over {
		return
	}
	l.over = true
	close(l.ended)
	for l.pending > 0 {
		(<-l.rest)()
	}
	l.tasks.Wait()
}

// Timer is a function that the loop runs later.
type Timer struct {
	timer   *clock.Timer
	stopped bool // owned by the loop
}

// After has the owner run f after d of its clock, unless the timer is stopped or the loop ends first.
func (l *Loop) After(d time.Duration, f func()) *Timer {
	t := new(Timer)
	run := func() {
		if !t.stopped {
			f()
		}
	}
	t.timer = l.Clock.AfterFunc(d, func() { _ = l.Post(context.Background(), run) }) // a loop that has ended runs nothing
	return t
}

// Stop keeps the function from running, even if its time has already come. Only the owner may call it. A nil timer
// has nothing to stop.
func (t *Timer) Stop() {
	if t != nil {
		t.stopped = true
		t.timer.Stop()
	}
}
