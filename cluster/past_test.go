package cluster_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/cluster"
)

// attended runs a topology in a bubble with somebody at its control address, until f returns.
func attended(t *testing.T, topo cluster.Topology, f func(t *testing.T, c *cluster.Cluster), opts ...cluster.Option) {
	t.Helper()
	door := func(ctx context.Context, _ *cluster.Cluster, _ net.Listener, _ hclog.Logger) error {
		<-ctx.Done()
		return nil
	}
	synctest.Test(t, func(t *testing.T) {
		f(t, cluster.RunT(t, topo, append(opts, cluster.InMemory(), cluster.Serve("127.0.0.1:7070", door))...))
	})
}

// allSteps are the steps of the run so far.
func allSteps(t *testing.T, p *cluster.Past) (all []cluster.PastStep) {
	t.Helper()
	for after := int64(0); ; {
		page, err := p.After(after, 1000)
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Steps) == 0 {
			return all
		}
		all, after = append(all, page.Steps...), page.Next
	}
}

func TestThePastOfARunWhoseLeaderIsKilled(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "r.jsonl")
	var at int64 // of the kill
	var killed, other, headline string
	attended(t, cluster.Quickstart(), func(t *testing.T, c *cluster.Cluster) {
		await(t, c, "served(flights) == 3 and realtime(flights-live) >= 1", time.Minute)
		before, err := c.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		killed = before.Leaders["coordinator"]
		if err := c.Kill(t.Context(), "coordinator@leader"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		leaderless, err := c.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		headline = leaderless.Headline.Text
		if left := leaderless.Faults[0].TOML; !strings.Contains(left, "[[step]]\nat = \"") || !strings.Contains(left, "do = \"kill coordinator@leader\"\n") {
			t.Errorf("got %q for the step that would do the same", left)
		}
		await(t, c, "leaders(coordinator) == 1", time.Minute)
		if err := c.Start(t.Context(), killed); err != nil {
			t.Fatal(err)
		}
		await(t, c, "candidates(coordinator) == 2", time.Minute)
		steps := allSteps(t, c.Past())
		at = steps[slices.IndexFunc(steps, func(s cluster.PastStep) bool { return s.Verb == "is killed" })].Seq
		other = steps[slices.IndexFunc(steps, func(s cluster.PastStep) bool { return s.Seq > at && s.Verb == "coordinator leads" })].Node
		checkWhys(t, steps)
		checkPast(t, c.Past(), at, killed)
	}, cluster.Record(file))
	if !strings.HasPrefix(headline, "no coordinator leads: "+killed+" was killed 2 s ago, its session ends in ") || !strings.HasSuffix(headline, "; "+other+" is next in the latch") {
		t.Errorf("got headline %q while nobody led", headline)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p, err := cluster.Replay(bytes.NewReader(text), file)
	if err != nil {
		t.Fatal(err)
	}
	steps := allSteps(t, p)
	i := slices.IndexFunc(steps, func(s cluster.PastStep) bool { return s.Verb == "is killed" })
	checkPast(t, p, steps[i].Seq, killed)
	if p.Span().Live || p.Span().Name != "quickstart" {
		t.Errorf("got %+v, want a run that is over", p.Span())
	}
	cut, err := cluster.Replay(bytes.NewReader(text[:len(text)-20]), file)
	if err != nil || !strings.Contains(cut.Span().Note, "cut off") || cut.Span().Last != p.Span().Last-1 {
		t.Errorf("got %+v, %v of a record without its end, want that said", cut.Span(), err)
	}
}

// checkWhys demands a cause of nearly every step, and some by their words.
func checkWhys(t *testing.T, steps []cluster.PastStep) {
	t.Helper()
	with := map[string]bool{}
	none := map[string]int{}
	told := 0
	for _, s := range steps {
		if s.Why == "" {
			none[s.Verb]++
			continue
		}
		told++
		with[s.Verb+": "+s.Why] = true
		if s.Cause == s.Seq || s.Cause > s.Seq+20 {
			t.Errorf("step %d has step %d as its cause", s.Seq, s.Cause)
		}
	}
	if told*10 < len(steps)*9 {
		t.Errorf("%d of %d steps say why, want nine of ten; those without: %v", told, len(steps), none)
	}
	for _, want := range []string{
		"open session: its node started with the run",
		"coordinator joins the election: its process opened a session",
		"coordinator leads: its node is the first of the latch",
		"coordinator leads: the candidate before it left the latch",
		"coordinator leaves the election: ephemerals go with their session",
		"session expired: its node had gone silent or said goodbye",
		"is killed: a fault acts on it",
		"load request: it is used, and no server has it",
		"segment announced: its load queue asked for it",
		"segment announced: it takes rows of that interval itself",
		"load request done: the server announced the segment",
		"task assigned: the leading overlord assigns tasks",
		"task taken: it was assigned to the worker",
		"task status SUCCESS: the task ran",
		"task status removed: the task had ended",
		"server announced: its process opened a session",
	} {
		if !with[want] {
			t.Errorf("no step says %q", want)
		}
	}
}

// checkPast looks at the run before and after its leader was killed.
func checkPast(t *testing.T, p *cluster.Past, at int64, killed string) {
	t.Helper()
	before, err := p.StatusAt(at-2, 0)
	if err != nil {
		t.Fatal(err)
	}
	after, err := p.StatusAt(at, 0)
	if err != nil {
		t.Fatal(err)
	}
	if before.Leaders["coordinator"] != killed || after.Leaders["coordinator"] != "" || before.Served["flights"] != 3 || before.Live || after.Seq != at {
		t.Errorf("got %v leading and %v served before, and %v leading after %d; want that %s led until it was killed", before.Leaders, before.Served, after.Leaders, after.Seq, killed)
	}
	if n := after.Nodes[0].Incarnated; n != 1 {
		t.Errorf("got %d incarnations before anybody was started again", n)
	}
	if want := "no coordinator leads: " + killed + " was killed 0 s ago, its session ends in "; !strings.HasPrefix(after.Headline.Text, want) {
		t.Errorf("got headline %q, want %q", after.Headline.Text, want)
	}
	if len(after.Faults) != 1 || after.Faults[0].ID != "f1" || !slices.Contains(before.Unknown, "used") {
		t.Errorf("got faults %+v and unknown %v", after.Faults, before.Unknown)
	}
	servers, err := p.ServersAt(at, cluster.Page{})
	if err != nil || servers.Total != 3 {
		t.Errorf("got %d servers, %v, want two historicals and a realtime node", servers.Total, err)
	}
	owned, err := p.OwnedAt(at, killed)
	if err != nil || owned.Total < 3 {
		t.Errorf("got %+v, %v of the killed leader, want its latch, its service and its discovery entry", owned, err)
	}
	latch := owned.Paths[slices.IndexFunc(owned.Paths, func(path string) bool { return strings.Contains(path, "_COORDINATOR/") })]
	z, err := p.ZnodeAt(at, latch)
	if err != nil || z.Owner != killed || z.Kind != "coordinator latch" || z.Czxid == 0 || !strings.Contains(z.Means, "LeaderLatch") || *z.Children != 0 {
		t.Errorf("got %+v, %v, want the latch node of %s", z, err, killed)
	}
	children, err := p.ChildrenAt(at, "/druid/coordinator", cluster.Page{})
	if err != nil || len(children.Items) != 1 || *children.Items[0].Children != 2 {
		t.Errorf("got %+v, %v, want the latch with two below it", children, err)
	}
	tree, err := p.TreeAt(at, "/druid/coordinator", cluster.Page{Limit: 2})
	if err != nil || len(tree.Items) != 2 || tree.Next != tree.Items[1].Path || tree.Items[1].Path != "/druid/coordinator/_COORDINATOR" {
		t.Errorf("got %+v, %v, want the first two znodes, parents first", tree, err)
	}
	chain, err := p.Why(at)
	if err != nil || len(chain) != 2 || chain[1].Seq != at-1 || chain[0].Why == "" || chain[1].Why != "" {
		t.Errorf("got %+v, %v, want that it was killed because of the fault", chain, err)
	}
}

func TestWithoutAStreamOfTransactionsThereIsNoPast(t *testing.T) {
	p := new(cluster.Past) // as with an external ZooKeeper
	if span := p.Span(); span.First != 0 || span.Last != 0 || !strings.Contains(span.Note, "external ZooKeeper gives no stream") {
		t.Errorf("got %+v, want why there is none", span)
	}
	_, err := p.StatusAt(1, 0)
	for _, err := range []error{err, p.WriteRecord(io.Discard)} {
		if !errors.Is(err, cluster.ErrBadExpression) {
			t.Errorf("got %v, want that there is no history", err)
		}
	}
}
