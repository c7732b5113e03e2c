package cluster_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-zookeeper/zk"

	"oakmoot/cluster"
)

// TestEachCommitIsJudged has somebody break what must never be, or must always be, and mend
// it with the next transaction: each of those commits is found.
func TestEachCommitIsJudged(t *testing.T) {
	t.Parallel()
	const rounds = 20
	topo := cluster.Topology{
		Schema: 1, Name: "flash", RunFor: span("1h"), ZooKeeper: cluster.ZooKeeper{Tick: duration("500ms"), SessionTimeout: duration("4s")},
		Roles: []cluster.Role{{Kind: "coordinator"}, {Kind: "historical"}},
	}
	for i := range rounds {
		topo.Expects = append(topo.Expects,
			cluster.Expect{Never: fmt.Sprintf("znodes(/druid/loadQueue/flash/n%d) > 0", i)},
			cluster.Expect{Always: fmt.Sprintf("znodes(/druid/loadQueue/flash/a%d) == 0 or leaders(coordinator) != 1", i)},
		)
	}
	topo.Expects = append(topo.Expects, cluster.Expect{Always: "queued() < 2"}, cluster.Expect{Never: "queued() == 2"})
	synctest.Test(t, func(t *testing.T) {
		c, err := cluster.New(topo, cluster.InMemory())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- c.Run(ctx) }()
		<-c.Ready()
		conn, _, err := zk.Connect(strings.Split(c.Addresses().ZooKeeper, ","), 10*time.Second, zk.WithDialer(c.DialZK), zk.WithLogInfo(false))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := conn.Create("/druid/loadQueue/flash", nil, 0, zk.WorldACL(zk.PermAll)); err != nil {
			t.Fatal(err)
		}
		var want []int64
		for i := range rounds {
			for _, name := range []string{"n", "a"} {
				path := fmt.Sprintf("/druid/loadQueue/flash/%s%d", name, i)
				zxid, err := create(conn, path)
				if err != nil {
					t.Fatal(err)
				}
				want = append(want, zxid)
				if err := conn.Delete(path, -1); err != nil {
					t.Fatal(err)
				}
			}
		}
		synctest.Wait()
		for i, e := range c.Verdict().Expectations {
			if i >= len(want) {
				if e.State != "held" {
					t.Errorf("%s: %s (%s)", e.Text, e.State, e.Why)
				}
			} else if e.State != "broken" || e.Zxid != want[i] || e.Commit() != fmt.Sprintf("broken by zxid 0x%x", want[i]) {
				t.Errorf("%s: %s (%s) %s, want it broken by zxid 0x%x", e.Text, e.State, e.Why, e.Commit(), want[i])
			}
		}
		cancel()
		if err := <-ended; !errors.Is(err, cluster.ErrBroken) {
			t.Errorf("the run says %v", err)
		}
	})
}

// create makes a znode, and returns the zxid of its commit.
func create(conn *zk.Conn, path string) (zxid int64, err error) {
	answers, err := conn.Multi(
		&zk.CreateRequest{Path: path, Acl: zk.WorldACL(zk.PermAll)}, &zk.SetDataRequest{Path: path, Version: -1},
	)
	if err != nil {
		return 0, err
	}
	return answers[1].Stat.Mzxid, nil
}
