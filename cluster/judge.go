package cluster

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"oakmoot/internal/stage/scenario"
)

// judge watches the topology's expectations.
type judge struct {
	cases  []*expectation
	looked chan struct{} // closed once each "always" and "never" has been looked at
	soon   chan struct{} // closed once each expectation is judged that does not wait for the last fault
}

// expectation is one of them: "always" must hold at each look, "never" at none,
// "eventually" once within its time.
type expectation struct {
	tell   func(Expectation) // what has become of it, in order; with a lock held
	word   string            // always, never or eventually
	says   statement
	within time.Duration
	since  string // where the time of "eventually" begins: "" is after the last step

	mu    sync.Mutex // guards the fields below
	state string
	why   string
	zxid  int64 // of the commit that broke it, or of the latest when it was first seen broken
	exact bool  // it is the one that broke it
	time  time.Time
}

// States of an expectation.
const (
	expectPending = "pending"
	expectHeld    = "held"
	expectBroken  = "broken"
)

// expectWithin is how long "eventually" may take when the topology does not say.
const expectWithin = 30 * time.Second

func newJudge(expects []Expect, session time.Duration, ask func(context.Context, []byte) ([]byte, error), tell func(int, Expectation)) (*judge, error) {
	j := &judge{looked: make(chan struct{}), soon: make(chan struct{})}
	for i, e := range expects {
		word, stated, err := readExpect(e, ask)
		if err != nil {
			return nil, err
		}
		within := e.Within.In(session)
		if within == 0 {
			within = expectWithin
		}
		j.cases = append(j.cases, &expectation{
			tell: func(now Expectation) { tell(i, now) }, word: word, says: stated, within: within, since: e.Since, state: expectPending,
		})
	}
	return j, nil
}

// readExpect reads what is expected, and when.
func readExpect(e Expect, ask func(context.Context, []byte) ([]byte, error)) (word string, c statement, err error) {
	if e.Asks() {
		c, err = newAnswering(e, ask)
		return "eventually", c, err
	}
	word, text := "always", e.Always
	if e.Eventually != "" {
		word, text = "eventually", e.Eventually
	} else if e.Never != "" {
		word, text = "never", e.Never
	}
	condition, err := scenario.ParseCondition(text)
	return word, holding{condition}, err
}

// watch looks at every expectation until ctx ends, from the moment on when all nodes are up.
func (j *judge) watch(ctx context.Context, c *Cluster) error {
	if !either(ctx, c.staffed) {
		return nil
	}
	var always, looked, soon, eventually sync.WaitGroup
	for _, e := range j.cases {
		if e.word != "eventually" {
			looked.Add(1)
			hold := e.holdAlways
			if e.word == "never" {
				hold = e.holdNever
			}
			always.Go(func() { hold(ctx, c, sync.OnceFunc(looked.Done)) })
		} else if e.since == "last_fault" {
			eventually.Go(func() { e.holdEventually(ctx, c) })
		} else {
			soon.Go(func() { e.holdEventually(ctx, c) })
		}
	}
	looked.Wait()
	close(j.looked)
	soon.Wait()
	close(j.soon)
	eventually.Wait()
	if ctx.Err() == nil || closed(c.ready) {
		close(c.settled)
	}
	always.Wait()
	<-ctx.Done()
	return nil
}

// holdAlways looks until ctx ends or the condition does not hold. One that could not
// be looked at last, or never held over anything, has not held. It says when it has
// looked once: a run does not end by itself before.
func (e *expectation) holdAlways(ctx context.Context, c *Cluster, looked func()) {
	defer looked()
	e.attend(ctx, c, false)
	solid := false // there was something to judge by
	for {
		changed := c.observer.changed.next()
		l, err := e.says.look(ctx, c.observer)
		solid = solid || err == nil && !l.hollow
		switch {
		case ctx.Err() != nil || e.report().State == expectBroken:
			return
		case err != nil:
			e.set(expectPending, "not known: "+err.Error())
		case !l.holds:
			e.broke(c, l)
			return
		case !solid:
			e.set(expectPending, l.told())
		default:
			e.set(expectHeld, "")
		}
		looked()
		select {
		case <-changed:
		case <-e.again():
		case <-ctx.Done():
		}
	}
}

// holdNever looks until ctx ends or the condition holds.
func (e *expectation) holdNever(ctx context.Context, c *Cluster, looked func()) {
	defer looked()
	e.attend(ctx, c, true)
	for {
		changed := c.observer.changed.next()
		l, err := e.says.look(ctx, c.observer)
		switch {
		case ctx.Err() != nil || e.report().State == expectBroken:
			return
		case err != nil:
			e.set(expectPending, "not known: "+err.Error())
		case l.holds:
			e.broke(c, l)
			return
		default:
			e.set(expectHeld, "")
		}
		looked()
		select {
		case <-changed:
		case <-e.again():
		case <-ctx.Done():
		}
	}
}

// again is when to look again though nothing has changed in ZooKeeper; nil is never.
func (e *expectation) again() <-chan time.Time {
	if e.says.reads()&^scenario.FromZooKeeper == 0 {
		return nil
	}
	return time.After(recheck)
}

// holdEventually waits until the condition holds; the clock of within starts where since
// says.
func (e *expectation) holdEventually(ctx context.Context, c *Cluster) {
	if why := e.begin(ctx, c); why != "" {
		e.ended(why, c.observer.now())
		return
	}
	limited, cancel := context.WithTimeout(ctx, e.within)
	defer cancel()
	err := c.observer.untilTrue(limited, e.says, func(l look) bool { return l.holds && !l.hollow })
	switch {
	case err == nil:
		e.set(expectHeld, "")
	case ctx.Err() != nil:
		e.ended("the run ended before: "+err.Error(), c.observer.now())
	default:
		e.ended(err.Error(), c.observer.now())
		c.log.Error("expectation broken", "eventually", e.says.String(), "error", err)
	}
}

// begin waits for where the expectation's time begins, and says why that did not come.
func (e *expectation) begin(ctx context.Context, c *Cluster) (why string) {
	name, ofStep := strings.CutPrefix(e.since, "step:")
	switch {
	case e.since == "ready":
		if !either(ctx, c.ready) {
			return "the run ended before it was ready"
		}
		return ""
	case ofStep:
		select {
		case <-c.playbook.Took(name):
			return ""
		case <-c.playbook.Done():
			if c.playbook.Times(name) == 0 {
				return fmt.Sprintf("step %s never took place", name)
			}
			return ""
		case <-ctx.Done():
			return fmt.Sprintf("the run ended before step %s", name)
		}
	}
	select {
	case <-c.playbook.Done():
	case <-ctx.Done():
		return "the run ended before its last step"
	}
	if e.since == "last_fault" && c.observer.untilCalm(ctx) != nil {
		return "the run ended before its last fault was healed"
	}
	return ""
}

// untilCalm returns once no fault is armed.
func (o *observer) untilCalm(ctx context.Context) error {
	for {
		changed := o.changed.next()
		if o.calm() {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// set notes what is known of the expectation now. What is broken stays so.
func (e *expectation) set(state, why string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.state != expectBroken && (e.state != state || e.why != why) {
		e.state, e.why = state, why
		e.tell(e.now())
	}
}

// attend has the commit found that breaks what must be always, or never.
func (e *expectation) attend(ctx context.Context, c *Cluster, wrong bool) {
	if h, is := e.says.(holding); is {
		c.observer.attend(ctx, h.Condition, wrong, func(l look) { e.broke(c, l) })
	}
}

// broke notes the look that saw the expectation broken. The commit that broke it counts,
// whoever comes first.
func (e *expectation) broke(c *Cluster, l look) {
	e.mu.Lock()
	first := e.state != expectBroken
	if first || l.exact && !e.exact {
		e.state, e.why, e.zxid, e.time, e.exact = expectBroken, l.seen, l.zxid, l.time, l.exact
		e.tell(e.now())
	}
	e.mu.Unlock()
	if first {
		c.log.Error("expectation broken", e.word, e.says.String(), "seen", l.seen)
	}
}

// ended notes why the expectation did not come true in its time.
func (e *expectation) ended(why string, l look) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.state, e.why, e.zxid, e.time = expectBroken, why, l.zxid, l.time
	e.tell(e.now())
}

func (j *judge) list() []Expectation {
	list := make([]Expectation, len(j.cases))
	for i, e := range j.cases {
		list[i] = e.report()
	}
	return list
}

func (e *expectation) report() Expectation {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.now()
}

// now is what report returns; the caller holds mu.
func (e *expectation) now() Expectation {
	return Expectation{Text: e.word + " " + e.says.String(), State: e.state, Why: e.why, Zxid: e.zxid, Exact: e.exact, Time: e.time}
}

// verdict is an error with ErrBroken in its chain when an expectation was broken,
// or never came to hold. It names all of those.
func (j *judge) verdict() error {
	var broken []error
	for _, e := range j.list() {
		if e.State != expectHeld {
			broken = append(broken, brokenf("%s: %s (%s)", e.Text, e.State, e.Why))
		}
	}
	return errors.Join(broken...)
}
