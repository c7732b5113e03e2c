package cluster

import "errors"

// course is what happens to the nodes in a run, and what becomes of it.
type course struct {
	director *director
	playbook *playbook
	intakes  *intakes
	judge    *judge
}

// report is what has become of it so far.
func (c *course) report() Verdict {
	if c.judge == nil {
		return Verdict{}
	}
	return Verdict{Expectations: c.judge.list(), Steps: c.playbook.list(), Rows: c.intakes.list()}
}

// verdict is an error when a step, an expectation or a datasource did not come to what
// the topology says.
func (c *course) verdict() error {
	return errors.Join(c.playbook.verdict(), c.judge.verdict(), c.intakes.verdict())
}

// close forgets what is armed, for the end of the run.
func (c *course) close() {
	if c.director != nil {
		c.director.armed.disarm()
	}
}
