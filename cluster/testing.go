package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/run/memnet"
	"oakmoot/internal/run/testrun"
)

// TB is the part of testing.TB that RunT needs.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
	Cleanup(func())
	Context() context.Context
}

// RunT runs the topology for the length of a test. It returns once the cluster is ready,
// and fails the test if that takes more than two minutes. When the test ends, the cluster
// is stopped and leaves nothing behind. If the test has failed, and t has the methods
// Failed and Logf as testing.TB does, the last steps and logs are in its log.
func RunT(t TB, topo Topology, opts ...Option) *Cluster {
	t.Helper()
	return runT(t, topo, (*Cluster).Ready, opts)
}

// OpenT is RunT for a topology with external seats: it returns once ZooKeeper answers
// and processes can join.
func OpenT(t TB, topo Topology, opts ...Option) *Cluster {
	t.Helper()
	return runT(t, topo, (*Cluster).Opened, opts)
}

func runT(t TB, topo Topology, until func(*Cluster) <-chan struct{}, opts []Option) *Cluster {
	t.Helper()
	logged := testrun.NewLines(linesShown)
	c, err := New(topo, append([]Option{Logger(hclog.New(&hclog.LoggerOptions{Output: logged}))}, opts...)...)
	if err == nil {
		err = c.opts.checkBubble()
	}
	if err != nil {
		t.Fatalf("cluster: %v", err)
	}
	testrun.Run(t, testrun.Life{
		Name: "cluster", Run: c.Run, Ready: until(c),
		Late: lateness(c.topo), Waiting: func() string { return fmt.Sprintf("%v: %s", readyLimit, unready(c)) },
		LastWords: func() string { return lastWords(c, logged) },
	})
	return c
}

// linesShown is how many lines of the story and of the logs a failed test shows.
const linesShown = 40

// storyPatience is how long a failed test waits for the story's remembered steps.
const storyPatience = 100 * time.Millisecond

// lastWords are the last steps of the story, and the last lines of the logs unless the
// caller has a logger of its own.
func lastWords(c *Cluster, logged *testrun.Lines) string {
	words := ""
	if story := lastSteps(c); story != "" {
		words += "the last steps:" + story
	}
	if lines := logged.String(); lines != "" {
		words += "\nthe last logs:" + lines
	}
	return words
}

// lastSteps are the last steps of the story; "" if there are none, or they are not known.
func lastSteps(c *Cluster) string {
	ctx, cancel := context.WithTimeout(context.Background(), storyPatience)
	defer cancel()
	story := testrun.NewLines(linesShown)
	for step, err := range c.Trace(ctx, 0) {
		if err == nil && step.Protocol != ProtocolLayout {
			story.Add(step.String())
		}
	}
	return story.String()
}

// readyLimit is how long RunT and OpenT wait, unless there are external seats, which may
// take any time.
const readyLimit = 2 * time.Minute

// lateness fires once RunT has waited long enough.
func lateness(topo Topology) <-chan time.Time {
	if slices.ContainsFunc(topo.Roles, func(r Role) bool { return r.External }) {
		return nil
	}
	return time.After(readyLimit)
}

// unready is what a cluster that is not ready is waiting for.
func unready(c *Cluster) string {
	if !closed(c.opened) {
		return "ZooKeeper does not answer"
	}
	missing := c.nodes.unready()
	if len(missing) == 0 {
		return "nobody leads"
	}
	return "it waits for " + strings.Join(missing, ", ")
}

// errBubble is the error for a cluster on real sockets in a synctest bubble.
var errBubble = errors.New("this is a synctest bubble, where time stands still while anybody waits for a real socket: give the cluster InMemory()")

// checkBubble refuses a cluster on real sockets in a synctest bubble.
func (o options) checkBubble() error {
	if !o.memory && memnet.InBubble() {
		return errBubble
	}
	return nil
}
