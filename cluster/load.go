package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
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
		if _, err := c.post(ctx, "coordinator", "/druid/coordinator/v1/rules/"+ds.Name, ds.LoadRules()); err != nil {
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
	body, err := c.post(ctx, "overlord", "/druid/indexer/v1/task", ds.IndexTask(c.topo.DruidVersion, input))
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

// answerPatience is how long a leader may take to answer before the request is sent
// again: it may be paused, or dead with nobody knowing yet.
const answerPatience = 5 * time.Second

// post sends a JSON body to the leading node of a kind, again and again while there
// is none or it does not answer, until ctx ends or the request is refused.
func (c *Cluster) post(ctx context.Context, kind, path string, body any) (answer []byte, err error) {
	b, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	for again := false; ; again = true {
		answer, err := c.requestOnce(ctx, kind, http.MethodPost, path, b)
		var refused *refusedError
		if again && errors.As(err, &refused) && strings.Contains(refused.answer, "already exists") {
			return answer, nil // it was taken the first time, and only the answer was late
		}
		if err == nil || errors.As(err, &refused) || ctx.Err() != nil {
			return answer, err
		}
		c.log.Debug("not answered, asked again", "path", path, "error", err)
		pauseFor(ctx, recheck)
	}
}

// refusedError is an answer that trying again will not change.
type refusedError struct{ path, answer string }

func (e *refusedError) Error() string { return e.path + ": " + e.answer }

// answerRead bounds how much of an answer is read.
const answerRead = 1 << 20

// requestOnce asks the leading node of a kind, if there is one.
func (c *Cluster) requestOnce(ctx context.Context, kind, method, path string, body []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, answerPatience)
	defer cancel()
	host, err := c.Leader(ctx, kind)
	if err != nil {
		return nil, err
	}
	if host == "" {
		return nil, fmt.Errorf("no %s leads", kind)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://"+host+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, answerRead))
	switch told := bytes.TrimSpace(answer[:min(len(answer), 4096)]); {
	case resp.StatusCode/100 == 2:
		return answer, err
	case resp.StatusCode/100 == 4:
		return nil, &refusedError{path, fmt.Sprintf("%s: %s", resp.Status, told)}
	default:
		return nil, fmt.Errorf("%s%s: %s: %s", host, path, resp.Status, told)
	}
}
