package cluster

import (
	"context"

	"oakmoot/internal/stage/observe"
	"oakmoot/internal/stage/scenario"
)

// attendant looks at a condition with each commit that can have changed what it comes to,
// so that the one that breaks it is found, however soon another mends it. What it sees is
// what the model knows; before it says so, it asks the supervisors whether they have
// something to say that the model has not heard.
type attendant struct {
	ctx       context.Context // after its end, nodes say goodbye, and nothing is judged
	condition scenario.Condition
	wrong     bool       // when it is: if the condition holds, or if it does not
	broken    func(look) // told once
	attention *observe.Attention
	was       bool  // it was wrong at the last look
	suspect   *look // a commit that seems to have broken it
	done      bool
}

// attend has a condition looked at with each commit until ctx ends. It is wrong when it
// holds, or when it does not. Only the embedded ZooKeeper shows its commits one by one.
func (o *observer) attend(ctx context.Context, condition scenario.Condition, wrong bool, broken func(look)) {
	if _, streams := o.feed.(*commitFeed); !streams || condition.Reads() != scenario.FromZooKeeper {
		return
	}
	a := &attendant{ctx: ctx, condition: condition, wrong: wrong, broken: broken}
	o.change(func(m *observe.Model) {
		moment := o.moment(m, nil)
		a.attention = observe.NewAttention(condition, moment)
		a.was = a.at(moment)
		o.attending = append(o.attending, a)
	})
}

// at reports whether the condition is wrong at a moment.
func (a *attendant) at(m *observe.Moment) bool {
	holds, _ := a.condition.Eval(m)
	return holds == a.wrong
}

// see looks at the latest commit; there are no changes when something else has changed.
func (a *attendant) see(m *observe.Moment, changes []observe.Change) {
	if a.done || a.suspect != nil || !a.attention.Stirs(m, changes) {
		return
	}
	was := a.was
	if a.was = a.at(m); a.was && !was && len(changes) > 0 && a.ctx.Err() == nil {
		_, seen := a.condition.Eval(m)
		a.suspect = &look{seen: seen, zxid: m.Zxid(), time: changes[len(changes)-1].Time, exact: true}
	}
}

// decide says what the supervisors' words, heard meanwhile, make of a suspicion.
func (a *attendant) decide(m *observe.Moment) {
	suspect := a.suspect
	if suspect == nil {
		return
	}
	a.suspect = nil
	if a.was = a.at(m); a.was && a.ctx.Err() == nil {
		a.done = true
		a.broken(*suspect)
	}
}

// confirm asks the supervisors before anybody is told that a commit has broken something.
// The model holds no later commit yet: whoever feeds it calls this in between.
func (o *observer) confirm() {
	suspicious := false
	o.change(func(*observe.Model) {
		for _, a := range o.attending {
			suspicious = suspicious || a.suspect != nil
		}
	})
	if !suspicious {
		return
	}
	words := o.words()
	o.change(func(m *observe.Model) {
		o.hear(m, words)
		moment := o.moment(m, nil)
		for _, a := range o.attending {
			a.decide(moment)
		}
	})
}
