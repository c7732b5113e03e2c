package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/run/metadata"
	"oakmoot/topology"
)

// loader indexes the topology's datasources, and notes what becomes of their rows.
type loader struct {
	dataSources []DataSource
	streams     []Stream
	version     string // of Druid, whose format the tasks have
	dir         *dataDir
	store       metadata.Segments
	requests    *requests
	intakes     *intakes
	log         hclog.Logger
}

// loadAll gives each datasource and stream of the topology its rules and, unless a datasource
// has used segments from an earlier run, submits the task that indexes its rows.
// Both go over HTTP to whoever leads, as a person would send them. It returns once
// what became of all rows is known.
func (l *loader) loadAll(ctx context.Context) error {
	for _, s := range l.streams {
		if err := l.setRules(ctx, s.DataSource, s.Rules); err != nil {
			return fmt.Errorf("stream %s: %w", s.DataSource, err)
		}
	}
	for _, ds := range l.dataSources {
		if err := l.loadOne(ctx, ds); err != nil {
			return fmt.Errorf("datasource %s: %w", ds.Name, err)
		}
	}
	l.followTasks(ctx)
	return nil
}

// setRules sends a datasource's rules, if it has any of its own.
func (l *loader) setRules(ctx context.Context, dataSource string, rules []LoadRule) error {
	if len(rules) == 0 {
		return nil
	}
	_, err := l.requests.post(ctx, "coordinator", "/druid/coordinator/v1/rules/"+dataSource, topology.LoadRules(rules))
	return err
}

func (l *loader) loadOne(ctx context.Context, ds DataSource) error {
	if err := l.setRules(ctx, ds.Name, ds.Rules); err != nil {
		return err
	}
	present, err := l.store.DataSourceNames(ctx, false)
	if err != nil {
		return err
	}
	generation := &generation{l.dir, l.store, ds, insertedAtOnce}
	_, interrupted, err := generation.interrupted()
	if err != nil {
		return err
	}
	if slices.Contains(present, ds.Name) && !(interrupted && ds.Generates()) {
		l.intakes.change(ds.Name, sourceOf(ds), func(e *Intake) { e.State = intakeKept })
		return nil
	}
	if ds.Generates() {
		if err := generation.run(ctx); err != nil {
			return err
		}
		l.intakes.change(ds.Name, sourceOf(ds), func(e *Intake) { e.State = intakeGenerated })
		return nil
	}
	input, err := l.dir.inputFile(ds.Input)
	if err != nil {
		return err
	}
	body, err := l.requests.post(ctx, "overlord", "/druid/indexer/v1/task", ds.IndexTask(l.version, input))
	if err != nil {
		return err
	}
	var answer struct{ Task string }
	if err := json.Unmarshal(body, &answer); err != nil {
		return fmt.Errorf("answer to the index task: %w", err)
	}
	l.intakes.change(ds.Name, ds.Input, func(e *Intake) { e.State, e.Task = intakeRunning, answer.Task })
	return nil
}

// followTasks waits for the index tasks of the topology's datasources and notes what
// became of their rows, until ctx ends.
func (l *loader) followTasks(ctx context.Context) {
	var tasks sync.WaitGroup
	for _, entry := range l.intakes.list() {
		if entry.Task != "" {
			tasks.Go(func() { l.followTask(ctx, entry) })
		}
	}
	tasks.Wait()
}

func (l *loader) followTask(ctx context.Context, entry Intake) {
	entry, err := l.requests.outcome(ctx, entry)
	if err != nil {
		return // the run is over: what is not yet known stays "running"
	}
	l.intakes.change(entry.DataSource, entry.Source, func(e *Intake) { *e = entry })
	l.logRows(entry)
}

// logRows says what a person wants to know at once.
func (l *loader) logRows(entry Intake) {
	switch {
	case entry.State == intakeFailed:
		l.log.Error("no rows: the task failed", "datasource", entry.DataSource, "input", entry.Source, "error", entry.Error)
	case entry.Error != "":
		l.log.Warn("rows not known", "datasource", entry.DataSource, "error", entry.Error)
	case entry.Taken() == 0:
		l.log.Error("no rows", "datasource", entry.DataSource, "input", entry.Source, "rows", entry.String())
	case entry.Taken() < entry.Read() || entry.Flawed > 0:
		l.log.Warn("rows missing", "datasource", entry.DataSource, "input", entry.Source, "rows", entry.String())
	}
}
