package cluster_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"oakmoot/cluster"
)

// start runs a topology in memory, and returns it once it is ready, with how to end it.
func start(topo cluster.Topology, opts ...cluster.Option) (c *cluster.Cluster, ctx context.Context, end func()) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	c, err := cluster.New(topo, append([]cluster.Option{cluster.InMemory()}, opts...)...)
	if err != nil {
		panic(err)
	}
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	<-c.Ready()
	return c, ctx, func() {
		cancel()
		if err := <-done; err != nil {
			fmt.Println("ended:", err)
		}
	}
}

// New takes a topology, which can be a file, or Go.
func ExampleNew() {
	topo, err := cluster.Load(strings.NewReader(`
		schema = 1
		[[role]]
		kind = "coordinator"
		count = 2
		[[role]]
		kind = "overlord"
		[[role]]
		kind = "historical"
		name = ["hot-1", "cold-1"]
		[[role]]
		kind = "middlemanager"
		[[role]]
		kind = "broker"
	`))
	if err != nil {
		fmt.Println(err)
		return
	}
	c, ctx, end := start(topo)
	defer end()
	status, err := c.Status(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, n := range status.Nodes {
		fmt.Println(n.Name, n.State)
	}
	// Output:
	// coordinator-1 up
	// coordinator-2 up
	// overlord-1 up
	// hot-1 up
	// cold-1 up
	// middlemanager-1 up
	// broker-1 up
}

// Do takes the words of the fault command.
func ExampleCluster_Do() {
	c, ctx, end := start(cluster.Small())
	defer end()
	fault, err := c.Do(ctx, "stop historical-1")
	fmt.Println(fault.Do, fault.Nodes, err)
	fmt.Println(c.WaitFor(ctx, "announced(historical) == 0"))
	_, err = c.Do(ctx, "start historical-1")
	fmt.Println(err, c.WaitFor(ctx, "announced(historical) == 1"))

	_, err = c.Do(ctx, "kil historical-1")
	fmt.Println(err)
	// Output:
	// stop historical-1 [historical-1] <nil>
	// <nil>
	// <nil> <nil>
	// bad expression: unknown verb "kil"; did you mean "kill"? (at column 1 of "kil historical-1")
}

// WaitFor says what is wrong with a condition at once, and when it gives up what it saw last.
func ExampleCluster_WaitFor() {
	c, ctx, end := start(cluster.Small())
	defer end()
	fmt.Println(c.WaitFor(ctx, "leaders(coordinator) == 1 and up(*) == 5"))
	fmt.Println(c.WaitFor(ctx, "up(histrical) == 1"))
	// Output:
	// <nil>
	// bad expression: unknown kind or node "histrical"; did you mean "historical"? (at column 4 of "up(histrical) == 1")
}

// Rows are Go values; a query is Druid's JSON.
func ExampleCluster_Query() {
	c, ctx, end := start(cluster.Small())
	defer end()
	type click struct {
		At   string `json:"at"`
		Page string `json:"page"`
	}
	clicks := cluster.DataSource{Name: "clicks", Timestamp: "at", Metrics: []cluster.Metric{{Type: "count", Name: "n"}}}
	in, err := c.Ingest(ctx, clicks, click{"2019-01-01T10:00:00Z", "home"}, click{"2019-01-01T11:00:00Z", "shop"})
	fmt.Println(in.Taken(), err)
	fmt.Println(c.WaitFor(ctx, "rows(clicks) == 2"))
	answer, err := c.Query(ctx, []byte(`{"queryType":"timeseries","dataSource":"clicks","intervals":["2019/2020"],
		"granularity":"all","aggregations":[{"type":"longSum","name":"n","fieldName":"n"}]}`))
	fmt.Println(string(bytes.TrimSpace(answer)), err)
	// Output:
	// 2 <nil>
	// <nil>
	// [{"timestamp":"2019-01-01T10:00:00.000Z","result":{"n":2}}] <nil>
}

// A task is Druid's JSON, too.
func ExampleCluster_Submit() {
	c, ctx, end := start(cluster.Small())
	defer end()
	id, err := c.Submit(ctx, []byte(`{"type":"noop","id":"hello","runTime":10}`))
	fmt.Println(id, err)
	fmt.Println(c.WaitFor(ctx, "tasks(SUCCESS) == 1"))
	// Output:
	// hello <nil>
	// <nil>
}

// Trace yields what is remembered, and then what happens.
func ExampleCluster_Trace() {
	c, ctx, end := start(cluster.Small())
	defer end()
	for step, err := range c.Trace(ctx, 0) {
		if err != nil {
			fmt.Println(err)
			return
		}
		if step.Protocol == cluster.ProtocolElection && step.Subject == "druid:coordinator" {
			fmt.Println(step.Node, step.Verb)
			break
		}
	}
	// Output: coordinator-1 coordinator leads
}

// A record is a line of JSON for each step; the command "oakmoot explain" reads it.
func ExampleRecord() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	record := filepath.Join(dir, "run.jsonl")
	c, ctx, end := start(cluster.Small(), cluster.Record(record))
	fmt.Println(c.Kill(ctx, "historical-1"))
	end()

	text, err := os.ReadFile(record)
	if err != nil {
		fmt.Println(err)
		return
	}
	for line := range bytes.Lines(text) {
		var step cluster.TraceStep
		if json.Unmarshal(line, &step) == nil && step.Protocol == cluster.ProtocolFault {
			fmt.Println(step.Node, step.Verb, step.Subject)
		}
	}
	// Output:
	// <nil>
	// historical-1 kill historical-1
}

// Clusters know nothing of each other: what is done to one leaves the other alone.
func ExampleNew_twoClusters() {
	one, ctx, endOne := start(cluster.Small())
	defer endOne()
	two, _, endTwo := start(cluster.Small())
	defer endTwo()
	_, err := one.Do(ctx, "stop broker-1")
	fmt.Println(err)
	fmt.Println(one.WaitFor(ctx, "up(broker) == 0"), two.WaitFor(ctx, "up(broker) == 1"))
	// Output:
	// <nil>
	// <nil> <nil>
}
