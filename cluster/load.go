package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// loadDataSources gives each datasource of the topology its rules and, unless it
// has used segments from an earlier run, submits the task that indexes its rows.
// Both go over HTTP to whoever leads, as a person would send them.
func (c *Cluster) loadDataSources(ctx context.Context) error {
	for _, ds := range c.topo.DataSources {
		if err := c.loadDataSource(ctx, ds); err != nil {
			return fmt.Errorf("datasource %s: %w", ds.Name, err)
		}
	}
	return nil
}

func (c *Cluster) loadDataSource(ctx context.Context, ds DataSource) error {
	if len(ds.Rules) > 0 {
		if err := c.post(ctx, "coordinator", "/druid/coordinator/v1/rules/"+ds.Name, druidRules(ds.Rules)); err != nil {
			return err
		}
	}
	used, err := c.store.Used(ctx)
	if err != nil {
		return err
	}
	for _, s := range used {
		if s.DataSource == ds.Name {
			return nil
		}
	}
	input, err := c.inputFile(ds.Input)
	if err != nil {
		return err
	}
	return c.post(ctx, "overlord", "/druid/indexer/v1/task", indexTask(c.topo.DruidVersion, ds, input))
}

// answerPatience is how long a leader may take to answer before the request is sent
// again: it may be paused, or dead with nobody knowing yet.
const answerPatience = 5 * time.Second

// post sends a JSON body to the leading node of a kind, again and again while there
// is none or it does not answer, until ctx ends or the request is refused.
func (c *Cluster) post(ctx context.Context, kind, path string, body any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	for {
		err := c.postOnce(ctx, kind, path, b)
		var refused *refusedError
		if err == nil || errors.As(err, &refused) || ctx.Err() != nil {
			return err
		}
		c.log.Debug("not answered, asked again", "path", path, "error", err)
		pauseFor(ctx, recheck)
	}
}

// refusedError is an answer that trying again will not change.
type refusedError struct{ path, answer string }

func (e *refusedError) Error() string { return e.path + ": " + e.answer }

func (c *Cluster) postOnce(ctx context.Context, kind, path string, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, answerPatience)
	defer cancel()
	host, err := c.Leader(ctx, kind)
	if err != nil {
		return err
	}
	if host == "" {
		return fmt.Errorf("no %s leads", kind)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+host+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, _ := io.ReadAll(io.LimitReader(resp.Body, 4096)) // only to tell it
	switch {
	case resp.StatusCode/100 == 2:
		return nil
	case resp.StatusCode/100 == 4:
		return &refusedError{path, fmt.Sprintf("%s: %s", resp.Status, bytes.TrimSpace(answer))}
	}
	return fmt.Errorf("%s%s: %s: %s", host, path, resp.Status, bytes.TrimSpace(answer))
}

// inputFile is the file of rows behind an input: a path, or one of the built-in
// data sets, which is written to the data directory first.
func (c *Cluster) inputFile(input string) (string, error) {
	name, builtin := strings.CutPrefix(input, builtinPrefix)
	if !builtin {
		return filepath.Abs(input)
	}
	rows, ok := builtinRows[name]
	if !ok {
		return "", fmt.Errorf("no built-in data set %q", name)
	}
	file := c.dir.file("input", name+".json.gz")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return "", err
	}
	return file, os.WriteFile(file, rows, 0o644)
}
