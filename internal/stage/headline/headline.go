// Package headline says in one sentence what matters most in a cluster: who does not lead and why, what is not served,
// what is held up by a fault. It is pure.
package headline

import (
	"time"

	"oakmoot/internal/stage/observe"
)

// Headline is what matters most.
type Headline struct {
	Level string   // Ok, Warn or Bad
	Text  string   // a sentence that names nodes
	About []string // those nodes
}

// Levels of a headline.
const (
	Ok   = "ok"
	Warn = "warn"
	Bad  = "bad"
)

// Scene is what a headline is about.
type Scene struct {
	*observe.Moment
	Ready  bool      // it has been up as a whole
	Away   time.Time // since when an external ZooKeeper has not answered; zero when it does
	Broken []string  // expectations, invariants and steps that failed, in words
}

// rule is something that can matter: a row of the table.
type rule struct {
	name string
	find func(Scene) Headline // without a text when it is not the case
}

// rules are in the order of their weight: what is the case first is the headline.
var rules = []rule{
	{"ZooKeeper is away", away},
	{"the cluster is starting", starting},
	{"nobody leads", leaderless},
	{"a whole kind is down", kindDown},
	{"what was expected is broken", broken},
	{"the dead are shown as alive", lingering},
	{"a node is cut off", cutOff},
	{"segments are not served", unserved},
	{"tasks wait", waiting},
	{"a node is down", down},
	{"a fault is armed", armed},
	{"all is well", well},
}

// Of is the headline of a scene.
func Of(s Scene) Headline {
	for _, r := range rules {
		if h := r.find(s); h.Text != "" {
			if h.About == nil {
				h.About = []string{}
			}
			return h
		}
	}
	return Headline{Level: Ok, About: []string{}}
}
