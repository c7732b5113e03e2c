package cluster

import (
	"errors"

	"oakmoot/internal/stage/playbook"
)

// stepsOf is what has become of the topology's steps.
func stepsOf(p *playbook.Playbook, faults []PastFault) []StepState {
	steps := []StepState{}
	for i, st := range p.States() {
		step := stepState(st)
		step.Nodes, step.Touched = ofStep(faults, i+1)
		steps = append(steps, step)
	}
	return steps
}

// stepState is what has become of a step, but for whom it met.
func stepState(st playbook.State) StepState {
	step := StepState{Name: st.Name, Do: st.Do, When: st.When, Fired: st.Fired, Due: st.Due, Times: st.Times, Error: st.Error, Then: st.Then}
	if !st.Last.Equal(st.Fired) {
		step.Last = st.Last
	}
	return step
}

// stepsVerdict is an error when a step failed, was not followed by what was to follow it,
// or never took place and was not optional.
func stepsVerdict(p *playbook.Playbook) error {
	var broken []error
	for _, problem := range p.Problems() {
		broken = append(broken, brokenf("%s", problem))
	}
	return errors.Join(broken...)
}
