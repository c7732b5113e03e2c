package cluster

import (
	"encoding/json"
	"fmt"
	"sync/atomic"
	"time"

	"oakmoot/internal/stage/history"
	"oakmoot/internal/stage/observe"
	"oakmoot/internal/stage/record"
)

// annals are what is remembered of a run for its trace and its report. Each time is
// written once, by a goroutine whose end Run waits for.
type annals struct {
	told  *told
	kept  *kept                      // nil unless the steps are kept
	final atomic.Pointer[[]Failover] // at the end of the run

	began, ready, ended time.Time

	readyAt atomic.Int64 // ready, for those who ask while the run goes on; 0 before
}

func newAnnals(keep bool) *annals {
	a := &annals{told: newTold()}
	if keep {
		a.kept = &kept{}
	}
	return a
}

// freeze keeps the failovers as they are when the run ends: the goodbyes that follow are
// none.
func (a *annals) freeze(final []Failover) { a.final.Store(&final) }

// sinceReady is how long after the cluster was ready a time is.
func (a *annals) sinceReady(t time.Time) time.Duration {
	ready := a.readyAt.Load()
	if ready == 0 {
		return 0
	}
	return max(0, time.Duration(t.UnixNano()-ready))
}

// Story is a run as it is told afterwards.
type Story struct {
	Topology string      `json:"topology"`
	Seed     int64       `json:"seed,string"`
	Druid    string      `json:"druidVersion"`
	Began    time.Time   `json:"began,omitzero"`
	Ready    time.Time   `json:"ready,omitzero"` // zero when it did not get there
	Ended    time.Time   `json:"ended,omitzero"`
	Nodes    []string    `json:"nodes"`
	Steps    []TraceStep `json:"steps"` // with KeepSteps, at most 20,000 of them or 32 MiB
	Cut      int         `json:"cut,omitempty"`
}

// KeepSteps keeps the run's protocol steps in memory, for Story.
func KeepSteps() Option { return func(o *options) { o.keep = true } }

// Story tells the run; call it after Run has returned.
func (c *Cluster) Story() Story {
	s := Story{
		Topology: c.topo.Name, Seed: c.seed, Druid: c.topo.DruidVersion, Nodes: []string{}, Steps: []TraceStep{},
		Began: c.annals.began, Ready: c.annals.ready, Ended: c.annals.ended,
	}
	for _, place := range c.topo.Places() {
		s.Nodes = append(s.Nodes, place.Name)
	}
	switch {
	case !c.opts.keep || !closed(c.opened):
	case c.zookeeper.server != nil:
		s.Steps, s.Cut = append(s.Steps, c.annals.kept.steps...), c.annals.kept.cut
	default: // an external ZooKeeper says nothing
		acts := merge{told: c.annals.told}
		s.Steps = append(s.Steps, acts.rest()...)
	}
	return s
}

// header is the first line of a record: what a reader has to know of the run.
func (c *Cluster) header() (TraceStep, error) {
	return headerStep(c.topo.Name, c.described(), c.annals.began)
}

func headerStep(name string, h record.Header, began time.Time) (TraceStep, error) {
	payload, err := json.Marshal(h)
	if err != nil {
		return TraceStep{}, fmt.Errorf("record: %w", err)
	}
	return TraceStep{
		Time: began, Protocol: Protocol(observe.Header), Verb: record.Begins, Subject: name,
		Detail: fmt.Sprintf("seed %d, Druid %s", h.Seed, h.Druid), Payload: string(payload),
	}, nil
}

// described is what a reader has to know of the run.
func (c *Cluster) described() record.Header {
	h := record.Header{Seed: c.seed, Druid: c.topo.DruidVersion, Paths: pathProperties(c.topo), Session: c.topo.ZooKeeper.SessionTimeout.Duration, Tick: c.topo.ZooKeeper.Tick.Duration}
	h.Notes = []string{keySteps, keyExpects}
	h.Load, h.Off = boundsOf(c.topo).LoadTimeout, c.topo.Invariants.Off
	for _, n := range c.nodes {
		h.Nodes = append(h.Nodes, record.Node{Name: n.name, Kind: n.kind, Host: n.host(), External: n.role.External})
	}
	return h
}

// keepPast has the steps of the run kept for those who look back, if there is a control address where they can, and a
// stream of transactions.
func (c *Cluster) keepPast() (err error) {
	if c.opts.control == "" || c.zookeeper.server == nil {
		return nil
	}
	c.annals.told.past, err = history.New(history.Options{Header: c.described()})
	return err
}

// Past is the run so far, step by step.
func (c *Cluster) Past() *Past {
	return &Past{name: c.topo.Name, header: c.described(), steps: c.annals.told.past, live: true}
}
