// Package playbook plays the steps of a topology: it waits for the moment of each, has it
// carried out, and remembers what became of it. It knows no cluster.
package playbook

import (
	"fmt"
	"time"

	"oakmoot/internal/stage/scenario"
	"oakmoot/topology"
)

// Step is a step of the topology as it has been read. It is wide because it has a field
// for each key that says when a step happens.
type Step struct {
	Name   string
	Action scenario.Action

	// One of the three says when.
	At    time.Duration // since the play began
	Every time.Duration // 0 for a step that does not repeat
	When  scenario.Trigger

	After       time.Duration // from its event
	Jitter      time.Duration // up to so much later, at random
	Skip        int           // how many of its moments pass first
	Times       int           // how often it is done; 0 is without a limit
	Until       Until
	Probability float64 // of each of its moments
	Optional    bool

	Then   *scenario.Condition // has to hold soon after each time
	Within time.Duration
}

// Until is when a step is repeated no longer.
type Until struct {
	After     time.Duration // since the play began; 0 is never
	Condition *scenario.Condition
}

// thenWithin is how long what a step is followed by may take when the topology does not say.
const thenWithin = 30 * time.Second

// Read reads the steps of a topology, which have been checked, among the nodes of a
// universe.
func Read(steps []topology.Step, u scenario.Universe, session time.Duration) ([]Step, error) {
	var read []Step
	for i, s := range steps {
		step, err := readStep(s, u, session)
		if err != nil {
			return nil, fmt.Errorf("step %d: %w", i+1, err)
		}
		read = append(read, step)
	}
	return read, nil
}

func readStep(s topology.Step, u scenario.Universe, session time.Duration) (step Step, err error) {
	action, mistakes := scenario.FormOf(s).Read(u)
	if len(mistakes) > 0 {
		return step, fmt.Errorf("%s: %s", mistakes[0].Key, mistakes[0].Message)
	}
	step = Step{
		Name: s.Name, Action: action, At: s.At.In(session), Every: s.Every.In(session), After: s.After.In(session),
		Optional: s.Optional, Within: s.Within.In(session), Probability: 1,
	}
	if s.Every.Set || s.When != "" { // else they are the action's own
		step.Skip, step.Times = s.Skip, s.Times
	}
	if !action.Verb.Takes("jitter") {
		step.Jitter = s.Jitter.In(session)
	}
	if s.When != "" {
		if step.When, err = scenario.ParseTrigger(s.When); err != nil {
			return step, err
		}
	}
	if step.Times == 0 && s.Until == "" && !s.Every.Set {
		step.Times = 1
	}
	if s.Probability != nil {
		if step.Probability, err = scenario.ParseShare(s.Probability); err != nil {
			return step, err
		}
	}
	if s.Until != "" {
		if step.Until, err = readUntil(s.Until, session); err != nil {
			return step, err
		}
	}
	if s.Then != "" {
		then, err := scenario.ParseCondition(s.Then)
		if err != nil {
			return step, err
		}
		step.Then = &then
	}
	if step.Within == 0 {
		step.Within = thenWithin
	}
	return step, nil
}

func readUntil(text string, session time.Duration) (Until, error) {
	if span, err := scenario.ParseSpan(text); err == nil {
		return Until{After: span.In(session)}, nil
	}
	c, err := scenario.ParseCondition(text)
	return Until{Condition: &c}, err
}

// Prompt reports whether the step is done before the transaction that it waits for is
// answered.
func (s Step) Prompt() bool {
	return s.When.Commits() && s.After == 0 && s.Jitter == 0 && s.Action.Verb.Prompt
}

// waits reports whether the step waits for an event.
func (s Step) waits() bool { return s.When.String() != "" }

// moment says when the step happens, for people.
func (s Step) moment() string {
	switch {
	case s.waits():
		return "when " + s.When.String()
	case s.Every > 0:
		return "every " + s.Every.String()
	}
	return "at " + s.At.String()
}
