package cluster

import (
	"time"

	"oakmoot/internal/stage/kinds"
	"oakmoot/internal/stage/observe"
)

// Verdict is what a run came to.
type Verdict struct {
	Expectations []Expectation `json:"expectations"`
	Steps        []StepState   `json:"steps"`
	Rows         []Intake      `json:"rows"`
	Invariants   []Invariant   `json:"invariants"`
	Faults       []PastFault   `json:"faults"`              // all that were carried out, by steps and by people
	FaultsCut    int           `json:"faultsCut,omitempty"` // more of them than are remembered
	Failovers    []Failover    `json:"failovers"`           // of each kind of the topology that elects
}

// PastFault is a fault that was carried out.
type PastFault struct {
	ID      string    `json:"id,omitempty"` // of one that lasts
	Do      string    `json:"do"`
	Nodes   []string  `json:"nodes"`
	Step    int       `json:"step,omitempty"` // of the topology, counted from 1; 0 when a person asked for it
	Name    string    `json:"name,omitempty"` // of that step
	Since   time.Time `json:"since"`
	Ended   time.Time `json:"ended,omitzero"` // of one that lasts: when it was healed
	Made    string    `json:"made,omitempty"` // by an operator's act, such as a task's id
	Touched *Touched  `json:"touched,omitempty"`
}

// Touched is what a fault has met, where that is counted.
type Touched struct {
	Requests    int64    `json:"requests"`              // ZooKeeper requests, HTTP exchanges, file operations, loads or tasks
	Connections int64    `json:"connections,omitempty"` // that it broke or refused
	Bytes       int64    `json:"bytes,omitempty"`       // of traffic that it lost, delayed or slowed down
	Readings    int64    `json:"readings,omitempty"`    // of a clock, and what the clock timed
	Missed      int64    `json:"missed,omitempty"`      // what it meant, and could do nothing to
	Last        []string `json:"last,omitempty"`        // the latest of them
}

// Failover is how often a kind changed its leader.
type Failover struct {
	Kind       string  `json:"kind"`
	Times      int     `json:"times"`            // somebody led after somebody else, or after nobody
	Longest    float64 `json:"longestSeconds"`   // for which nobody led after somebody did
	Leaderless bool    `json:"leaderless"`       // nobody led at the end
	Leader     string  `json:"leader,omitempty"` // at the end
}

// Verdict is what became of the topology's expectations, steps and rows. After Run
// has returned it is final.
func (c *Cluster) Verdict() Verdict {
	v := c.course.report()
	switch final := c.annals.final.Load(); {
	case final != nil:
		v.Failovers = *final
	case c.guard != nil:
		v.Failovers = c.failovers()
	}
	return v
}

// failovers are those so far of each kind that elects.
func (c *Cluster) failovers() []Failover {
	all := []Failover{}
	c.observer.change(func(m *observe.Model) {
		moment := c.observer.moment(m, nil)
		for _, kind := range observe.Electing() {
			for _, n := range c.nodes {
				if n.kind == kind && kinds.Of(kind).Elects {
					f := Failover{Kind: kind}
					var longest time.Duration
					var host string
					f.Times, longest, host = moment.Reign(kind)
					f.Longest, f.Leader, f.Leaderless = longest.Seconds(), moment.At(host), host == ""
					all = append(all, f)
					break
				}
			}
		}
	})
	return all
}
