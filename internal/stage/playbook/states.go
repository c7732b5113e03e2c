package playbook

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// State is what has become of a step.
type State struct {
	Name, Do, When string
	Fired          time.Time // when it was asked for first
	Last           time.Time // and last
	Due            time.Time // when it is asked for next; zero when it waits for an event, or is over
	Times          int       // how often it was done
	Missed         int       // how often its moment came and it was not to be done: skip, probability
	Error          string    // of the last time that it failed
	Then           string    // what was to follow, and did not
}

// States are what has become of the steps so far, in the order of the topology.
func (p *Playbook) States() []State {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.states)
}

// plan notes when a step is asked for next.
func (p *Playbook) plan(i int, due time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.states[i].Due = due
	p.tell(i)
}

// passed notes that a step is planned no more. If its time has come, what becomes of it is told of soon.
func (p *Playbook) passed(i int, came bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.states[i].Due = time.Time{}
	if !came {
		p.tell(i)
	}
}

// tell tells what has become of a step; the caller holds mu.
func (p *Playbook) tell(i int) {
	if p.theatre.Tell != nil {
		p.theatre.Tell(i, p.states[i])
	}
}

// Problem is what is wrong with a step, or "".
func (p *Playbook) problem(i int, st State) string {
	switch {
	case st.Error != "":
		return st.Error
	case st.Then != "":
		return "then " + st.Then
	case st.Times == 0 && !p.steps[i].Optional && st.Missed > 0 && p.steps[i].Probability == 1:
		return fmt.Sprintf("never took place: its moment came %d times, and it skips %d", st.Missed, p.steps[i].Skip)
	case st.Times == 0 && !p.steps[i].Optional && p.steps[i].waits():
		return fmt.Sprintf("never took place: there was no %s", p.steps[i].When)
	case st.Times == 0 && !p.steps[i].Optional:
		return "never took place"
	}
	return ""
}

// Never is why a step has not taken place; "" when it has.
func (p *Playbook) Never(i int) string {
	if st := p.States()[i]; st.Times == 0 && st.Error == "" {
		return p.neverTook(i, st)
	}
	return ""
}

// neverTook is why a step never took place.
func (p *Playbook) neverTook(i int, st State) string {
	switch s := p.steps[i]; {
	case st.Missed > 0 && s.Probability == 1:
		return fmt.Sprintf("its moment came %d times, and it skips %d", st.Missed, s.Skip)
	case st.Missed > 0:
		return fmt.Sprintf("its moment came %d times, and the dice were against it", st.Missed)
	case s.waits():
		return fmt.Sprintf("there was no %s", s.When)
	}
	return "the run ended before"
}

// Problems are the steps that failed, or never took place and are not optional, in one
// sentence each.
func (p *Playbook) Problems() (problems []string) {
	for i, st := range p.States() {
		name, problem := cmp.Or(st.Name, st.Do), p.problem(i, st)
		switch {
		case problem == "":
		case st.Times == 0:
			problems = append(problems, fmt.Sprintf("step %s %s", name, problem))
		default:
			problems = append(problems, fmt.Sprintf("step %s: %s", name, problem))
		}
	}
	return problems
}
