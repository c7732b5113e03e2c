package cluster

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"

	"oakmoot/internal/stage/observe"
	"oakmoot/internal/stage/scenario"
)

// damage is what the faults of the run have met, whoever asked for them.
type damage struct {
	told *told

	mu   sync.Mutex // guards the fields below
	past []*pastFault
	cut  int              // faults that are not remembered
	met  map[int][]string // the nodes that the topology's steps have met, by their numbers; each list is sorted
}

// pastFault is a fault that has begun.
type pastFault struct {
	PastFault
	verb, subject string
	embedded      bool                    // it is done to ZooKeeper itself
	touched       func() scenario.Touched // nil when that is not counted, or was counted at its end
}

// faultsKept is how many faults are remembered.
const faultsKept = 1000

// cause is who asks for an action: a step of the topology, or a person.
type cause struct {
	step int // counted from 1; 0 is a person
	name string
}

// begin tells that a fault is about to begin, and remembers it.
func (d *damage) begin(f Fault, a scenario.Action, by cause) *pastFault {
	p := &pastFault{PastFault: PastFault{Do: f.Do, Nodes: f.Nodes, Since: f.Since, Step: by.step, Name: by.name}, verb: a.Verb.Name, subject: strings.TrimSpace(strings.TrimPrefix(f.Do, a.Verb.Name)), embedded: a.Verb.Embedded}
	d.told.tell(observe.TellFault(p.verb, p.subject, p.stepName(), p.actors(), p.Since)...)
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.past) >= faultsKept {
		d.cut++
		return p
	}
	d.past = append(d.past, p)
	return p
}

// actors are whose doing it is in the trace: the nodes that it met, ZooKeeper, or whoever did it from outside.
func (p *pastFault) actors() []string {
	switch {
	case len(p.Nodes) > 0:
		return p.Nodes
	case p.embedded:
		return []string{observe.ZooKeeperItself}
	}
	return []string{observe.Outside}
}

func (p *pastFault) stepName() string {
	if p.Name == "" {
		return ""
	}
	return "step " + p.Name
}

// failed takes back a fault that could not be carried out.
func (d *damage) failed(p *pastFault, err error) {
	d.told.tell(observe.TellFault(p.verb+observe.FaultFailed, p.subject, err.Error(), p.actors(), time.Now())...)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.past = slices.DeleteFunc(d.past, func(other *pastFault) bool { return other == p })
}

// begun notes what came of a fault, and what counts its damage.
func (d *damage) begun(p *pastFault, done scenario.Done) {
	d.mu.Lock()
	defer d.mu.Unlock()
	p.touched, p.Made = done.Touched, done.Made
	if p.Step == 0 {
		return
	}
	if d.met == nil {
		d.met = map[int][]string{}
	}
	for _, name := range p.Nodes {
		if at, found := slices.BinarySearch(d.met[p.Step], name); !found {
			d.met[p.Step] = slices.Insert(d.met[p.Step], at, name)
		}
	}
}

// metBy are the nodes that a step of the topology, counted from 1, has met.
func (d *damage) metBy(step int) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.met[step])
}

// named notes the id of a fault that lasts.
func (d *damage) named(p *pastFault, id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	p.ID = id
}

// end tells that a fault has ended, and counts what it met.
func (d *damage) end(p *pastFault) {
	now := time.Now()
	d.told.tell(observe.TellFault(p.verb+observe.FaultEnds, p.subject, p.stepName(), p.actors(), now)...)
	d.mu.Lock()
	defer d.mu.Unlock()
	p.Ended, p.Touched, p.touched = now, p.count(), nil
}

// count is what a fault has met so far.
func (p *pastFault) count() *Touched {
	if p.touched == nil {
		return p.Touched
	}
	t := Touched(p.touched())
	return &t
}

// list is every fault so far, in the order in which they began.
func (d *damage) list() []PastFault {
	d.mu.Lock()
	defer d.mu.Unlock()
	list := make([]PastFault, len(d.past))
	for i, p := range d.past {
		list[i] = p.PastFault
		list[i].Touched = p.count()
	}
	slices.SortStableFunc(list, func(a, b PastFault) int { return cmp.Compare(a.Since.UnixNano(), b.Since.UnixNano()) })
	return list
}

// cuts is how many faults are not remembered.
func (d *damage) cuts() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.cut
}

// ofStep is what a step's faults have met, and whom.
func ofStep(faults []PastFault, step int) (nodes []string, touched *Touched) {
	for _, f := range faults {
		if f.Step != step {
			continue
		}
		nodes = append(nodes, f.Nodes...)
		if f.Touched != nil {
			if touched == nil {
				touched = &Touched{}
			}
			touched.Requests += f.Touched.Requests
			touched.Connections += f.Touched.Connections
			touched.Bytes += f.Touched.Bytes
			touched.Readings += f.Touched.Readings
			touched.Missed += f.Touched.Missed
			touched.Last = f.Touched.Last
		}
	}
	slices.Sort(nodes)
	return slices.Compact(nodes), touched
}
