package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"
)

// DialZK connects to the cluster's ZooKeeper, in memory too, in the shape that
// go-zookeeper takes: zk.WithDialer(c.DialZK). With an embedded ZooKeeper the client may
// call its servers anything; with an external one the address has to be real.
func (c *Cluster) DialZK(network, address string, timeout time.Duration) (net.Conn, error) {
	if !closed(c.opened) {
		return nil, errNotOpened
	}
	return c.zookeeper.dial(network, address, timeout)
}

// errNotOpened is the error for a caller who comes too early.
var errNotOpened = errors.New("the cluster does not run yet: wait for Opened or Ready")

// HTTPClient reaches the cluster's nodes, in memory too. It works until the run ends.
func (c *Cluster) HTTPClient() *http.Client { return c.requests.http }

// withLimit is ctx, for at most WaitLimit when it has no deadline.
func withLimit(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, limited := ctx.Deadline(); limited {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, WaitLimit)
}

// Query asks a broker a native query and returns the JSON that it answers. It waits until
// ctx's deadline, or for WaitLimit when ctx has none. A broker hears of a segment a
// moment after the historical has announced it: wait for what the query is about first.
func (c *Cluster) Query(ctx context.Context, query []byte) ([]byte, error) {
	if !closed(c.opened) {
		return nil, errNotOpened
	}
	ctx, cancel := withLimit(ctx)
	defer cancel()
	return c.requests.query(ctx, query)
}

// Submit hands a task's JSON to the leading overlord, and returns the task's id.
func (c *Cluster) Submit(ctx context.Context, task []byte) (id string, err error) {
	if !closed(c.opened) {
		return "", errNotOpened
	}
	answer, err := c.requests.post(ctx, "overlord", "/druid/indexer/v1/task", json.RawMessage(task))
	if err != nil {
		return "", err
	}
	if answer == nil {
		answer = task // an earlier try was accepted, under the task's own id
	}
	var taken struct{ Task, ID string }
	if err := json.Unmarshal(answer, &taken); err != nil {
		return "", fmt.Errorf("answer to the task: %w", err)
	}
	return taken.Task + taken.ID, nil
}

// Ingest indexes rows that are Go values, each one as encoding/json writes it, and returns
// what became of them once the task has ended. The datasource says how the rows are read,
// as in a topology; its Input and Rules are ignored. A task that failed is an error;
// rows that could not be read are not: they are counted.
//
//	ds := cluster.DataSource{Name: "clicks", Timestamp: "at", Metrics: []cluster.Metric{{Type: "count", Name: "n"}}}
//	_, err := c.Ingest(ctx, ds, click{At: "2019-01-01", Page: "home"}, click{At: "2019-01-02", Page: "shop"})
//	err = c.WaitFor(ctx, "used(clicks) > 0 and served(clicks) == used(clicks)")
func (c *Cluster) Ingest(ctx context.Context, ds DataSource, rows ...any) (Intake, error) {
	if !closed(c.opened) {
		return Intake{}, errNotOpened
	}
	ctx, cancel := withLimit(ctx)
	defer cancel()
	file, err := c.dir.writeRows(rows)
	if err != nil {
		return Intake{}, fmt.Errorf("datasource %s: %w", ds.Name, err)
	}
	defer os.Remove(file)
	ds.Format, ds.Columns = "json", nil
	task, err := json.Marshal(ds.IndexTask(c.topo.DruidVersion, file))
	if err != nil {
		return Intake{}, err
	}
	entry := Intake{DataSource: ds.Name, Source: file, State: intakeRunning}
	if entry.Task, err = c.Submit(ctx, task); err != nil {
		return entry, fmt.Errorf("datasource %s: %w", ds.Name, err)
	}
	if entry, err = c.requests.outcome(ctx, entry); err == nil && entry.Error != "" {
		err = errors.New(entry.Error)
	}
	if err != nil {
		return entry, fmt.Errorf("datasource %s: %w", ds.Name, err)
	}
	return entry, nil
}
