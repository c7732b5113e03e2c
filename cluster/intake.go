package cluster

import (
	"errors"
	"slices"
	"sync"
)

// intakes are what became of the rows of the topology's datasources and streams.
type intakes struct {
	mu        sync.Mutex      // guards the fields below
	all       []*Intake       // as many as in the topology
	published map[string]bool // data sources that somebody has published segments into
}

// States of an intake.
const (
	intakePending   = "pending" // its task has not been submitted yet
	intakeRunning   = "running"
	intakeDone      = "done"
	intakeFailed    = "failed"
	intakeKept      = "kept from an earlier run"
	intakeGenerated = "generated" // it has no rows
)

func newIntakes(topo Topology) *intakes {
	in := &intakes{published: map[string]bool{}}
	for _, ds := range topo.DataSources {
		in.all = append(in.all, &Intake{DataSource: ds.Name, Source: sourceOf(ds), State: intakePending})
	}
	for _, s := range topo.Streams {
		in.all = append(in.all, &Intake{DataSource: s.DataSource, Source: s.Node, State: intakeRunning})
	}
	return in
}

// sourceOf says where the rows of a datasource come from.
func sourceOf(ds DataSource) string {
	if ds.Generates() {
		return ds.Generate.String()
	}
	return ds.Input
}

// change changes the entry of a datasource's file, or of the stream on a node.
func (in *intakes) change(dataSource, source string, f func(*Intake)) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, entry := range in.all {
		if entry.DataSource == dataSource && entry.Source == source {
			f(entry)
			return
		}
	}
}

func (in *intakes) list() []Intake {
	in.mu.Lock()
	defer in.mu.Unlock()
	list := make([]Intake, len(in.all))
	for i, entry := range in.all {
		list[i] = *entry
		list[i].Samples = slices.Clone(entry.Samples)
	}
	return list
}

// publishes notes that somebody publishes segments into a data source.
func (in *intakes) publishes(dataSource string) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.published[dataSource] = true
}

// mixed reports whether somebody has published segments into a data source.
func (in *intakes) mixed(dataSource string) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.published[dataSource]
}

// streamed counts rows of a stream that a node has read.
func (in *intakes) streamed(node, dataSource string, processed, unparseable, thrownAway int) {
	in.change(dataSource, node, func(entry *Intake) {
		entry.Processed += int64(processed)
		entry.Unparseable += int64(unparseable)
		entry.ThrownAway += int64(thrownAway)
	})
}

// verdict is an error when a datasource of the topology came out without a row. One
// whose task was still running when the run ended is not judged, nor is one whose
// rows nobody has reported.
func (in *intakes) verdict() error {
	var broken []error
	for _, entry := range in.list() {
		switch {
		case entry.State == intakeFailed:
			broken = append(broken, brokenf("datasource %s: %s", entry.DataSource, entry.Error))
		case entry.Error == "" && entry.Taken() == 0 && (entry.State == intakeDone || entry.Read() > 0):
			broken = append(broken, brokenf("datasource %s: %s", entry.DataSource, entry))
		}
	}
	return errors.Join(broken...)
}
