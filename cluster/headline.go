package cluster

import (
	"fmt"

	"oakmoot/internal/stage/headline"
	"oakmoot/internal/stage/observe"
)

// headline is what matters most now, beside what the status says already.
func (c *Cluster) headline(m *observe.Moment, st *Status) Headline {
	return Headline(headline.Of(headline.Scene{Moment: m, Ready: st.Ready, Away: st.ZooKeeperAway, Broken: brokenOf(st)}))
}

// brokenOf is what has not come as it was expected.
func brokenOf(st *Status) (broken []string) {
	for _, e := range st.Expects {
		if e.State == expectBroken {
			broken = append(broken, fmt.Sprintf("an expectation is broken: %s", e.Text))
		}
	}
	for _, i := range st.Invariants {
		if i.State == "broken" {
			broken = append(broken, fmt.Sprintf("the invariant %s is broken: %s", i.Name, i.Why))
		}
	}
	for _, s := range st.Steps {
		if s.Error != "" {
			broken = append(broken, fmt.Sprintf("the step %s failed: %s", s.Do, s.Error))
		}
	}
	return broken
}
