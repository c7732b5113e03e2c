package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
)

// loadDataSources gives each datasource of the topology its rules and, unless it
// has used segments from an earlier run, submits the task that indexes its rows.
// Both go over HTTP to whoever leads, as a person would send them. It returns once
// it is known what became of all rows.
func (c *Cluster) loadDataSources(ctx context.Context) error {
	for _, ds := range c.topo.DataSources {
		if err := c.loadDataSource(ctx, ds); err != nil {
			return fmt.Errorf("datasource %s: %w", ds.Name, err)
		}
	}
	c.followTasks(ctx)
	return nil
}

func (c *Cluster) loadDataSource(ctx context.Context, ds DataSource) error {
	if len(ds.Rules) > 0 {
		if _, err := c.requests.post(ctx, "coordinator", "/druid/coordinator/v1/rules/"+ds.Name, ds.LoadRules()); err != nil {
			return err
		}
	}
	present, err := c.store.DataSourceNames(ctx, false)
	if err != nil {
		return err
	}
	if slices.Contains(present, ds.Name) {
		c.intakes.change(ds.Name, ds.Input, func(e *Intake) { e.State = intakeKept })
		return nil
	}
	input, err := c.dir.inputFile(ds.Input)
	if err != nil {
		return err
	}
	body, err := c.requests.post(ctx, "overlord", "/druid/indexer/v1/task", ds.IndexTask(c.topo.DruidVersion, input))
	if err != nil {
		return err
	}
	var answer struct{ Task string }
	if err := json.Unmarshal(body, &answer); err != nil {
		return fmt.Errorf("answer to the index task: %w", err)
	}
	c.intakes.change(ds.Name, ds.Input, func(e *Intake) { e.State, e.Task = intakeRunning, answer.Task })
	return nil
}
