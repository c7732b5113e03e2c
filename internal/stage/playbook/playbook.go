package playbook

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/stage/scenario"
)

// Theatre is the cluster that a playbook is played on.
type Theatre struct {
	// Act carries out the action of a step, by its place in the topology. A prompt one must not wait for ZooKeeper, which is held up
	// until it is done.
	Act func(ctx context.Context, step int, a scenario.Action, prompt bool) error
	// Watch calls fire with how often the event has happened, until stop is called. It is
	// called with locks held, and does not wait.
	Watch func(t scenario.Trigger, fire func(times int)) (stop func())
	// Hold returns once the condition holds; the error says what was seen instead.
	Hold func(ctx context.Context, c scenario.Condition) error
	// Holds reports whether the condition holds now.
	Holds func(ctx context.Context, c scenario.Condition) bool
	// Tell is told what has become of a step, by its place in the topology, after each change of that and in their order. It is
	// called with a lock held, and does not wait. Nil is nobody.
	Tell func(step int, st State)
	Log  hclog.Logger
}

// Playbook is the topology's steps and what became of each.
type Playbook struct {
	steps   []Step
	theatre Theatre
	over    chan struct{} // closed when nothing is repeated or waited for any more
	end     func()
	done    chan struct{} // closed when every step that has to be done is

	followers sync.WaitGroup // wait for what is to follow a prompt step

	mu     sync.Mutex // guards the fields below
	states []State
	dice   []*rand.Rand             // one for each step, so that no step's luck depends on another's time
	prompt int                      // prompt steps that have fired and are not done
	calm   chan struct{}            // closed at the end of the last of them
	steply map[string][]func(int)   // whom to tell that a step of a name was done
	took   map[string]chan struct{} // closed when a step of a name was done first
}

// New makes a playbook of steps that have been read. Its random choices come from seed.
func New(steps []Step, seed int64, t Theatre) *Playbook {
	p := &Playbook{
		steps: steps, theatre: t, over: make(chan struct{}), done: make(chan struct{}), states: []State{}, calm: make(chan struct{}),
		steply: map[string][]func(int){}, took: map[string]chan struct{}{},
	}
	p.end = sync.OnceFunc(func() { close(p.over) })
	close(p.calm)
	for i, s := range steps {
		p.dice = append(p.dice, rand.New(rand.NewPCG(uint64(seed), 3+uint64(i))))
		p.states = append(p.states, State{Name: s.Name, Do: s.Action.String(), When: s.moment()})
	}
	return p
}

// Prompt reports whether any step is to be done before a transaction is answered.
func (p *Playbook) Prompt() bool { return slices.ContainsFunc(p.steps, Step.Prompt) }

// Done is closed when every step is done that is not optional: those that are repeated
// without an end, and those whose event does not come, are done when the playbook ends.
func (p *Playbook) Done() <-chan struct{} { return p.done }

// End has nothing be repeated or waited for any longer. What is being done is finished.
func (p *Playbook) End() { p.end() }

// Calm waits, as long as ctx does, until the prompt steps that have fired are done.
func (p *Playbook) Calm(ctx context.Context) {
	p.mu.Lock()
	calm := p.calm
	p.mu.Unlock()
	select {
	case <-calm:
	case <-ctx.Done():
	}
}

// Times is how often the steps of a name have been carried out.
func (p *Playbook) Times(name string) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, st := range p.states {
		if st.Name == name {
			n += st.Times
		}
	}
	return n
}

// Took is closed once a step of the name has been carried out.
func (p *Playbook) Took(name string) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.tookOf(name)
}

// tookOf is what Took returns; the caller holds mu.
func (p *Playbook) tookOf(name string) chan struct{} {
	if p.took[name] == nil {
		p.took[name] = make(chan struct{})
	}
	return p.took[name]
}

// Play carries out the steps at their times, counted from now, until ctx ends. Those of
// one time follow one another; a step that takes its time, as a stop does, holds up no
// later one.
func (p *Playbook) Play(ctx context.Context) error {
	start := time.Now()
	var needed, all sync.WaitGroup
	defer func() { all.Wait(); p.followers.Wait() }()
	begin := func(optional bool, f func()) {
		if !optional {
			needed.Add(1)
		}
		all.Go(func() {
			if !optional {
				defer needed.Done()
			}
			f()
		})
	}
	times := p.byTime()
	for _, at := range slices.Sorted(maps.Keys(times)) {
		begin(false, func() { p.playAt(ctx, start, at, times[at]) })
	}
	for i, s := range p.steps {
		switch {
		case s.waits():
			queue, stop := p.await(s)
			begin(s.Optional, func() { defer stop(); p.playWhen(ctx, start, i, queue) })
		case s.Every > 0:
			begin(s.Optional, func() { p.playEvery(ctx, start, i) })
		}
	}
	needed.Wait()
	p.followers.Wait()
	if ctx.Err() == nil {
		close(p.done)
	}
	<-ctx.Done()
	return ctx.Err()
}

// byTime are the steps that have a time of their own, those of one time together.
func (p *Playbook) byTime() map[time.Duration][]int {
	times := map[time.Duration][]int{}
	for i, s := range p.steps {
		if !s.waits() && s.Every == 0 {
			times[s.At] = append(times[s.At], i)
		}
	}
	return times
}

func (p *Playbook) playAt(ctx context.Context, start time.Time, at time.Duration, together []int) {
	for _, i := range together {
		p.plan(i, start.Add(at))
	}
	due := p.sleepUntil(ctx, start.Add(at))
	for _, i := range together {
		if p.passed(i, due); !due {
			continue
		}
		if p.chosen(i) && p.sleepUntil(ctx, time.Now().Add(p.drawn(i, p.steps[i].Jitter))) {
			p.do(ctx, i, false)
		}
	}
}

// playEvery repeats a step. One that takes longer than its period is late the next time,
// and then on time again.
func (p *Playbook) playEvery(ctx context.Context, start time.Time, i int) {
	s := p.steps[i]
	for n := time.Duration(1); !p.finished(ctx, start, i); n++ {
		next := start.Add(n*s.Every + p.drawn(i, s.Jitter))
		p.plan(i, next)
		came := p.sleepUntil(ctx, next)
		if p.passed(i, came); !came || p.finished(ctx, start, i) {
			return
		}
		if p.chosen(i) {
			p.do(ctx, i, false)
		}
	}
}

// await begins to wait for a step's event.
func (p *Playbook) await(s Step) (*queue, func()) {
	q := newQueue(nil)
	if s.Prompt() {
		q = newQueue(p.busy)
	}
	if s.When.Source.Name == "step" {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.steply[s.When.Subject] = append(p.steply[s.When.Subject], q.add)
		return q, func() {}
	}
	return q, p.theatre.Watch(s.When, q.add)
}

// busy changes how many prompt steps have fired and are not done.
func (p *Playbook) busy(by int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if by == 0 {
		return
	}
	before := p.prompt
	if p.prompt += by; before == 0 {
		p.calm = make(chan struct{})
	} else if p.prompt == 0 {
		close(p.calm)
	}
}

// playWhen does a step at each of its events. What happens while it is being done counts,
// too; it is done one at a time.
func (p *Playbook) playWhen(ctx context.Context, start time.Time, i int, q *queue) {
	s := p.steps[i]
	defer q.end()
	for !p.finished(ctx, start, i) {
		select {
		case <-q.more:
		case <-p.over:
			return
		case <-ctx.Done():
			return
		}
		n := q.take()
		for k := range n {
			if p.finished(ctx, start, i) || !p.chosen(i) {
				q.met(1)
				continue
			}
			if !s.Prompt() && !p.sleepUntil(ctx, time.Now().Add(s.After+p.drawn(i, s.Jitter))) {
				q.met(n - k)
				return
			}
			p.do(ctx, i, s.Prompt())
			q.met(1)
		}
	}
}

// finished reports whether a step is not to be done any more.
func (p *Playbook) finished(ctx context.Context, start time.Time, i int) bool {
	s := p.steps[i]
	p.mu.Lock()
	times := p.states[i].Times
	p.mu.Unlock()
	switch {
	case ctx.Err() != nil, s.Times > 0 && times >= s.Times:
		return true
	case s.Until.After > 0 && time.Since(start) >= s.Until.After:
		return true
	}
	return s.Until.Condition != nil && !s.Prompt() && p.theatre.Holds(ctx, *s.Until.Condition)
}

// chosen reports whether a step is to be done this time: it does not skip it, and the
// dice are with it.
func (p *Playbook) chosen(i int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	s, st := p.steps[i], &p.states[i]
	if st.Times+st.Missed < s.Skip || s.Probability < 1 && p.dice[i].Float64() >= s.Probability {
		st.Missed++
		p.tell(i)
		return false
	}
	return true
}

// drawn is a random time up to a limit, from a step's dice.
func (p *Playbook) drawn(i int, limit time.Duration) time.Duration {
	if limit <= 0 {
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Duration(p.dice[i].Int64N(int64(limit)))
}

// sleepUntil reports whether the time has come; false when the play is over first.
func (p *Playbook) sleepUntil(ctx context.Context, t time.Time) bool {
	timer := time.NewTimer(time.Until(t))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-p.over:
	case <-ctx.Done():
	}
	return false
}

// do carries out a step once. One that fails is logged and remembered; the others go on.
// One that the end of the run cuts short has not taken place.
func (p *Playbook) do(ctx context.Context, i int, prompt bool) {
	asked := time.Now()
	s := p.steps[i]
	err := p.theatre.Act(ctx, i, s.Action, prompt)
	if err != nil && ctx.Err() != nil {
		return
	}
	if err != nil {
		p.theatre.Log.Warn("step failed", "step", s.Name, "do", s.Action.String(), "error", err)
	}
	for _, fire := range p.fired(i, asked, err) {
		fire(1)
	}
	if s.Then == nil || err != nil {
		return
	}
	if prompt { // ZooKeeper waits for this one
		p.followers.Go(func() { p.follow(ctx, i) })
		return
	}
	p.follow(ctx, i)
}

// fired notes that a step was done, and returns who waits for that.
func (p *Playbook) fired(i int, asked time.Time, err error) []func(int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	st := &p.states[i]
	if st.Times == 0 {
		st.Fired = asked
		if st.Name != "" { // names are unique
			close(p.tookOf(st.Name))
		}
	}
	st.Last = asked
	st.Times++
	defer p.tell(i)
	if err != nil {
		st.Error = err.Error()
		return nil
	}
	return slices.Clone(p.steply[p.steps[i].Name])
}

// follow waits for what a step is to be followed by.
func (p *Playbook) follow(ctx context.Context, i int) {
	s := p.steps[i]
	limited, cancel := context.WithTimeout(ctx, s.Within)
	defer cancel()
	err := p.theatre.Hold(limited, *s.Then)
	if err == nil {
		return
	}
	if ctx.Err() != nil {
		err = fmt.Errorf("the run ended before: %w", err)
	}
	p.theatre.Log.Error("expectation broken", "step", s.Name, "then", s.Then.String(), "error", err)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.states[i].Then = err.Error()
	p.tell(i)
}
