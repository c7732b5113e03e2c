package cluster

import (
	"context"
	"errors"
	"time"

	"oakmoot/internal/run/loop"
	"oakmoot/internal/stage/observe"
	"oakmoot/internal/stage/playbook"
	"oakmoot/internal/stage/scenario"
	"oakmoot/zkembed"
)

// newPlaybook reads the topology's steps, to be played on this cluster.
func (c *Cluster) newPlaybook() (*playbook.Playbook, error) {
	session := c.topo.ZooKeeper.SessionTimeout.Duration
	steps, err := playbook.Read(c.topo.Steps, c.universe(), session)
	if err != nil {
		return nil, err
	}
	p := playbook.New(steps, c.seed, playbook.Theatre{
		Act: func(ctx context.Context, step int, a scenario.Action, prompt bool) error {
			d := c.director
			if prompt {
				d = d.prompt()
			}
			_, err := d.act(ctx, a, cause{step + 1, steps[step].Name})
			return err
		},
		Watch: c.observer.watch,
		Hold: func(ctx context.Context, condition scenario.Condition) error {
			return c.observer.untilAs(ctx, condition, func(l look) bool { return l.holds && !l.hollow })
		},
		Holds: func(ctx context.Context, condition scenario.Condition) bool {
			l, err := c.observer.evaluate(ctx, condition)
			return err == nil && l.holds
		},
		Log:  c.log,
		Tell: c.chronicle.step,
	})
	c.observer.steps = p.Times
	return p, nil
}

// prompt is a director that does not wait for ZooKeeper: it goes by what the model knows.
func (d *director) prompt() *director {
	now := *d
	now.pick = d.pickNow
	return &now
}

// holdTheGate lets ZooKeeper answer a transaction only when the steps that it has
// triggered are done, as far as they can be done meanwhile. It returns how to stop that.
func (c *Cluster) holdTheGate() (open func()) {
	feed, embedded := c.observer.feed.(*commitFeed)
	if !embedded || !c.playbook.Prompt() {
		return func() {}
	}
	feed.srv.Gate(func(latest zkembed.Zxid) {
		ctx, cancel := context.WithTimeout(context.Background(), gateLimit)
		defer cancel()
		if feed.reached(ctx, c.observer, int64(latest)) {
			c.playbook.Calm(ctx)
		}
	})
	return func() { feed.srv.Gate(nil) }
}

// gateLimit bounds how long ZooKeeper waits for a step.
const gateLimit = 2 * time.Second

// watching is somebody who waits for an event in the model.
type watching struct {
	watch *observe.Watch
	fire  func(times int)
	asks  bool // a broker, so that only a look which has asked it counts
}

// watch calls fire with how often an event has happened, after each change of the model,
// until stop is called. What is not in ZooKeeper is looked at every now and then.
func (o *observer) watch(t scenario.Trigger, fire func(times int)) (stop func()) {
	w := &watching{fire: fire, asks: len(t.Condition.Questions()) > 0}
	o.change(func(m *observe.Model) {
		moment := o.moment(m, nil)
		w.watch = observe.NewWatch(t, moment)
		o.watching = append(o.watching, w)
		if !w.asks {
			w.look(moment, nil) // a condition may hold already
		}
	})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		what := asked{Source: t.Reads(), questions: t.Condition.Questions()}
		if _, streams := o.feed.(*commitFeed); streams { // its changes come by themselves
			what.Source &^= scenario.FromZooKeeper
		}
		for loop.Sleep(ctx, recheck) == nil {
			if err := o.look(ctx, what, func(m *observe.Moment) { w.look(m, nil) }); err != nil && !errors.Is(err, ctx.Err()) {
				continue // the store is away for a moment: the next look finds out
			}
		}
	}()
	return func() {
		cancel()
		<-ended
		o.change(func(*observe.Model) {
			for i, other := range o.watching {
				if other == w {
					o.watching = append(o.watching[:i:i], o.watching[i+1:]...)
					return
				}
			}
		})
	}
}

func (w *watching) look(m *observe.Moment, changes []observe.Change) {
	if n := w.watch.Look(m, changes); n > 0 {
		w.fire(n)
	}
}

// heed shows the latest changes to those who wait for an event or attend to a condition; the
// caller holds mu.
func (o *observer) heed(m *observe.Model, changes []observe.Change) {
	if len(o.watching)+len(o.attending) == 0 {
		return
	}
	moment := o.moment(m, nil)
	for _, a := range o.attending {
		a.see(moment, changes)
	}
	for _, w := range o.watching {
		if !w.asks {
			w.look(moment, changes)
		}
	}
}
