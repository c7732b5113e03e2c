package cluster

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"oakmoot/internal/stage/scenario"
)

// playbook is the topology's steps and what became of each.
type playbook struct {
	mu     sync.Mutex // guards states
	states []StepState
}

func newPlaybook(steps []Step) *playbook {
	p := &playbook{states: []StepState{}}
	for _, s := range steps {
		p.states = append(p.states, StepState{Name: s.Name, Do: stepText(s)})
	}
	return p
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
func (p *playbook) verdict(steps []Step) error {
	var broken []error
	for i, st := range p.list() {
		name := cmp.Or(st.Name, st.Do)
		if st.Error != "" {
			broken = append(broken, brokenf("step %s: %s", name, st.Error))
		} else if st.Fired.IsZero() && !steps[i].Optional {
			broken = append(broken, brokenf("step %s never took place", name))
		}
	}
	return errors.Join(broken...)
}

// stepText is a step's action in the words of the fault command.
func stepText(s Step) string {
	text, target, peer := s.Do, s.Target, ""
	if len(s.Between) == 2 {
		target, peer = s.Between[0], s.Between[1]
	}
	for _, clause := range []struct{ word, value string }{
		{"", target}, {"from", peer}, {"direction", s.Direction},
		{"by", durationText(s.By)}, {"for", spanText(s.For)},
	} {
		if clause.value == "" {
			continue
		}
		if clause.word != "" {
			text += " " + clause.word
		}
		text += " " + clause.value
	}
	return text
}

func durationText(d Duration) string {
	if !d.Set {
		return ""
	}
	return d.Duration.String()
}

func spanText(s Span) string {
	if !s.Set {
		return ""
	}
	return s.String()
}

// playSteps carries out the topology's steps at their times, counted from now, and
// returns when all are done. Those of one time follow one another; a step that takes
// its time, as a stop does, holds up no later one.
func (c *Cluster) playSteps(ctx context.Context) error {
	order := make([]int, len(c.topo.Steps))
	for i := range order {
		order[i] = i
	}
	at := func(i int) time.Duration { return c.topo.Steps[i].At.Duration }
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
				c.playStep(ctx, i)
			}
		})
		order = order[n:]
	}
	acts.Wait()
	return ctx.Err()
}

// playStep carries out one step. One that fails is told and remembered; the others go
// on. One that the end of the run cuts short has not taken place.
func (c *Cluster) playStep(ctx context.Context, i int) {
	step := c.topo.Steps[i]
	action, err := scenario.ParseAction(stepText(step))
	asked := time.Now()
	if err == nil {
		_, err = c.act(ctx, action)
	}
	if err != nil && ctx.Err() != nil {
		return
	}
	if err != nil {
		c.log.Warn("step failed", "step", step.Name, "do", stepText(step), "error", err)
	}
	c.playbook.fired(i, asked, err)
}
