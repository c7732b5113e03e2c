package cluster

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/stage/scenario"
)

// step is a step of the topology: an action, and when it happens.
type step struct {
	at       time.Duration // from when the steps begin
	action   scenario.Action
	optional bool
}

// playbook is the topology's steps and what became of each.
type playbook struct {
	steps []step
	act   func(context.Context, scenario.Action) (Fault, error)
	log   hclog.Logger

	mu     sync.Mutex // guards states
	states []StepState
}

// newPlaybook reads the steps, which have been checked, among the nodes of a universe.
func newPlaybook(steps []Step, u scenario.Universe, act func(context.Context, scenario.Action) (Fault, error), log hclog.Logger) *playbook {
	p := &playbook{act: act, log: log, states: []StepState{}}
	for _, s := range steps {
		action, _ := actionOf(s, u)
		p.steps = append(p.steps, step{at: s.At.Duration, action: action, optional: s.Optional})
		p.states = append(p.states, StepState{Name: s.Name, Do: action.String()})
	}
	return p
}

// actionOf is what a step does, and what is wrong with it.
func actionOf(s Step, u scenario.Universe) (scenario.Action, []scenario.FormMistake) {
	return scenario.FormOf(s).Read(u)
}

// fired notes when a step was asked for and what came of it.
func (p *playbook) fired(i int, asked time.Time, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.states[i].Fired = asked
	if err != nil {
		p.states[i].Error = err.Error()
	}
}

func (p *playbook) list() []StepState {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]StepState{}, p.states...)
}

// verdict is an error when a step failed, or never took place and was not optional.
func (p *playbook) verdict() error {
	var broken []error
	for i, st := range p.list() {
		name := cmp.Or(st.Name, st.Do)
		if st.Error != "" {
			broken = append(broken, brokenf("step %s: %s", name, st.Error))
		} else if st.Fired.IsZero() && !p.steps[i].optional {
			broken = append(broken, brokenf("step %s never took place", name))
		}
	}
	return errors.Join(broken...)
}

// play carries out the steps at their times, counted from now, and returns when all are
// done. Those of one time follow one another; a step that takes its time, as a stop does,
// holds up no later one.
func (p *playbook) play(ctx context.Context) error {
	order := make([]int, len(p.steps))
	for i := range order {
		order[i] = i
	}
	at := func(i int) time.Duration { return p.steps[i].at }
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(at(a), at(b)) })
	start := time.Now()
	var acts sync.WaitGroup
	defer acts.Wait()
	for len(order) > 0 {
		n := 1
		for n < len(order) && at(order[n]) == at(order[0]) {
			n++
		}
		select {
		case <-time.After(time.Until(start.Add(at(order[0])))):
		case <-ctx.Done():
			return ctx.Err()
		}
		together := order[:n]
		acts.Go(func() {
			for _, i := range together {
				p.playStep(ctx, i)
			}
		})
		order = order[n:]
	}
	acts.Wait()
	return ctx.Err()
}

// playStep carries out one step. One that fails is logged and remembered; the others go
// on. One that the end of the run cuts short has not taken place.
func (p *playbook) playStep(ctx context.Context, i int) {
	asked := time.Now()
	_, err := p.act(ctx, p.steps[i].action)
	if err != nil && ctx.Err() != nil {
		return
	}
	if err != nil {
		p.log.Warn("step failed", "step", p.states[i].Name, "do", p.states[i].Do, "error", err)
	}
	p.fired(i, asked, err)
}
