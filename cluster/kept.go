package cluster

import (
	"encoding/json"
	"fmt"
	"time"

	"oakmoot/internal/stage/observe"
	"oakmoot/internal/stage/record"
)

// kept are the steps of a run that are kept for its report. A nil one keeps nothing.
// Only the goroutine that follows ZooKeeper's changes adds to it; it is read after the run.
type kept struct {
	steps []TraceStep
	bytes int
	cut   int // steps that came when it was full
}

// How much of a run is kept for its report.
const (
	stepsKept = 20_000
	bytesKept = 32 << 20
)

func (k *kept) add(step TraceStep) {
	if k == nil {
		return
	}
	size := len(step.Payload) + len(step.Subject) + len(step.Path) + 200
	if len(k.steps) >= stepsKept || k.bytes+size > bytesKept {
		k.cut++
		return
	}
	k.steps = append(k.steps, step)
	k.bytes += size
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
		Began: c.times.began, Ready: c.times.ready, Ended: c.times.ended,
	}
	for _, place := range c.topo.Places() {
		s.Nodes = append(s.Nodes, place.Name)
	}
	switch {
	case c.kept != nil && c.zk != nil:
		s.Steps, s.Cut = append(s.Steps, c.kept.steps...), c.kept.cut
	case c.opts.keep: // an external ZooKeeper says nothing
		acts := merge{told: c.told}
		s.Steps = append(s.Steps, acts.rest()...)
	}
	return s
}

// times are those of a run. Each is written once, by the goroutine whose end Run waits for.
type times struct{ began, ready, ended time.Time }

// header is the first line of a record: what a reader has to know of the run.
func (c *Cluster) header() (TraceStep, error) {
	h := record.Header{Seed: c.seed, Druid: c.topo.DruidVersion, Paths: pathProperties(c.topo), Session: c.topo.ZooKeeper.SessionTimeout.Duration, Tick: c.topo.ZooKeeper.Tick.Duration}
	for _, n := range c.nodes {
		h.Nodes = append(h.Nodes, record.Node{Name: n.name, Kind: n.kind, Host: n.host(), External: n.role.External})
	}
	payload, err := json.Marshal(h)
	if err != nil {
		return TraceStep{}, fmt.Errorf("record: %w", err)
	}
	return TraceStep{
		Time: c.times.began, Protocol: Protocol(observe.Header), Verb: record.Begins, Subject: c.topo.Name,
		Detail: fmt.Sprintf("seed %d, Druid %s", c.seed, c.topo.DruidVersion), Payload: string(payload),
	}, nil
}
