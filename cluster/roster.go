package cluster

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"oakmoot/topology"
)

// roster is everybody in a cluster: the nodes of the topology, and those that the cluster
// was scaled up by. Its methods may be called from any goroutine.
type roster struct {
	topo   Topology
	afford func(kind string, nodes int) error // whether the machine has what they need
	build  func(topology.Place) (*node, error)
	first  nodes      // of the topology
	calls  chan *node // those that run is to start

	mu      sync.Mutex // guards the fields below
	further nodes
	places  map[string]*topology.Further // by kind
	resting nodes                        // those that were stopped because they were too many
}

func newRoster(at *site, first nodes) *roster {
	return &roster{topo: at.topo, afford: at.affordMore, build: at.hire, first: first, calls: make(chan *node), places: map[string]*topology.Further{}}
}

// all are the nodes, those of the topology first.
func (r *roster) all() nodes {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Concat(r.first, r.further)
}

// run runs the further nodes until ctx ends. One that ends by itself is an error, as it is
// of the others.
func (r *roster) run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var running sync.WaitGroup
	for {
		select {
		case n := <-r.calls:
			running.Go(func() {
				if err := n.run(ctx); err != nil {
					cancel(err)
				}
			})
		case <-ctx.Done():
			running.Wait()
			if err := context.Cause(ctx); err != context.Canceled {
				return err
			}
			return nil
		}
	}
}

// scale has so many nodes of a kind that are ours: it starts those that rest and new
// ones, or stops the last. It says whom it has started or stopped.
func (r *roster) scale(ctx context.Context, kind string, count int) (said string, err error) {
	if players[kind].run == nil {
		return "", fmt.Errorf("a %s can only be a process of its own: it is not started from here", kind)
	}
	r.mu.Lock()
	resting := slices.Clone(r.resting)
	r.mu.Unlock()
	if count > mostScaled {
		return "", fmt.Errorf("%d nodes of a kind are too many for one process: %d at most", count, mostScaled)
	}
	var working, names nodes
	for _, n := range r.all().own() {
		if n.kind == kind && !slices.Contains(resting, n) {
			working = append(working, n)
		}
	}
	for len(working) > count {
		last := working[len(working)-1]
		if err := last.tell(ctx, verbStop); err != nil {
			return "", err
		}
		r.rest(last)
		working, names = working[:len(working)-1], append(names, last)
	}
	if len(names) > 0 {
		return "stopped " + named(names), nil
	}
	for _, n := range slices.Backward(resting) { // the last that was stopped is the first of its kind
		if n.kind != kind || len(working) == count {
			continue
		}
		if err := n.tell(ctx, verbStart); err != nil {
			return "", err
		}
		r.wake(n)
		working, names = append(working, n), append(names, n)
	}
	if more := count - len(working); more > 0 {
		hired, err := r.hire(ctx, kind, more)
		if err != nil {
			return "", err
		}
		names = append(names, hired...)
	}
	if len(names) == 0 {
		return fmt.Sprintf("nothing: there are %d", count), nil
	}
	return "started " + named(names), nil
}

func named(all nodes) string {
	var names []string
	for _, n := range all {
		names = append(names, n.name)
	}
	return strings.Join(names, ", ")
}

func (r *roster) rest(n *node) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.resting = append(r.resting, n)
}

func (r *roster) wake(n *node) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.resting = slices.DeleteFunc(r.resting, func(o *node) bool { return o == n })
}

// mostScaled bounds the nodes of a kind: far more than there are ports for. What there is
// of those, and of memory, is looked at first.
const mostScaled = 1_000_000

// hire makes so many further nodes of a kind, and has them run.
func (r *roster) hire(ctx context.Context, kind string, count int) (hired nodes, err error) {
	if err := r.afford(kind, count); err != nil {
		return nil, err
	}
	for range count {
		n, err := r.next(kind)
		if err != nil {
			return nil, err
		}
		select {
		case r.calls <- n:
			hired = append(hired, n)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return hired, nil
}

// next makes the next node of a kind.
func (r *roster) next(kind string) (*node, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	further := r.places[kind]
	if further == nil {
		further = r.topo.Further(kind)
		r.places[kind] = further
	}
	n, err := r.build(further.Place())
	if err != nil {
		return nil, err
	}
	further.Advance()
	r.further = append(r.further, n)
	return n, nil
}

// calmAtTheEnd is that of all nodes.
func (r *roster) calmAtTheEnd(ctx context.Context) error {
	<-ctx.Done()
	for _, n := range r.all().seats() {
		n.signals.calm()
	}
	return r.all().calmAtTheEnd(ctx)
}
