package cluster

import (
	"errors"

	"oakmoot/internal/stage/playbook"
)

// course is what happens in a run, and what comes of it.
type course struct {
	director  *director
	playbook  *playbook.Playbook
	intakes   *intakes
	judge     *judge
	guard     *guard
	chronicle *chronicle
}

// report is what has come of it so far.
func (c *course) report() Verdict {
	if c.guard == nil {
		return Verdict{}
	}
	v := Verdict{Expectations: c.judge.list(), Rows: c.intakes.list(), Faults: c.director.damage.list(), FaultsCut: c.director.damage.cuts(), Invariants: c.guard.list()}
	v.Steps = stepsOf(c.playbook, v.Faults)
	for i := range v.Steps {
		v.Steps[i].Never = c.playbook.Never(i)
	}
	return v
}

// verdict is an error when a step failed, an expectation or an invariant did not hold, or
// a datasource came out without a row.
func (c *course) verdict() error {
	return errors.Join(stepsVerdict(c.playbook), c.judge.verdict(), c.intakes.verdict(), c.guard.verdict())
}

// close forgets the armed faults, at the end of the run.
func (c *course) close() {
	if c.director != nil {
		c.director.armed.disarm()
	}
}
