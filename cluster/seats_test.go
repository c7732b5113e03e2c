package cluster_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"oakmoot/cluster"
)

// withSeat is a cluster in which the kinds are external seats.
func withSeat(kinds ...string) cluster.Topology {
	topo := cluster.Quickstart()
	topo.Streams, topo.Steps, topo.Expects = nil, nil, nil
	topo.ZooKeeper.Tick, topo.ZooKeeper.SessionTimeout = duration("500ms"), duration("4s")
	topo.DataSources[0].Rules = []cluster.LoadRule{{Type: "loadForever", TieredReplicants: map[string]int{"_default_tier": 1}}}
	topo.Roles = nil
	for _, kind := range []string{"coordinator", "overlord", "historical", "middlemanager", "broker"} {
		topo.Roles = append(topo.Roles, cluster.Role{Kind: kind, External: slices.Contains(kinds, kind)})
	}
	return topo
}

// guest is a cluster of one role on the host's ZooKeeper and with its deep storage: a
// process of its own.
func guest(host *cluster.Cluster, role cluster.Role, change func(*cluster.Topology)) cluster.Topology {
	topo := cluster.Topology{
		ZooKeeper: cluster.ZooKeeper{Mode: "external", Connect: host.Addresses().ZooKeeper, SessionTimeout: duration("4s")},
		Roles:     []cluster.Role{role},
	}
	topo.Defaults.Properties = map[string]string{"druid.storage.storageDirectory": filepath.Join(host.Addresses().Data, "segments")}
	if change != nil {
		change(&topo)
	}
	return topo
}

// seat is the state of the first external seat.
func seat(t *testing.T, c *cluster.Cluster) cluster.Node {
	t.Helper()
	st, err := c.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(st.Nodes, func(n cluster.Node) bool { return n.External })
	if i < 0 {
		t.Fatal("no seat is external")
	}
	return st.Nodes[i]
}

// awaitSeat waits until the seat is as asked.
func awaitSeat(t *testing.T, c *cluster.Cluster, is func(cluster.Node) bool) cluster.Node {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		if n := seat(t, c); is(n) {
			return n
		} else if time.Now().After(deadline) {
			t.Fatalf("the seat is still %+v", n)
		}
	}
}

func remarkOf(words string) func(cluster.Node) bool {
	return func(n cluster.Node) bool {
		return slices.ContainsFunc(n.Remarks, func(r string) bool { return strings.Contains(r, words) })
	}
}

func TestReadyWaitsForTheProcessInASeat(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		memory := cluster.InMemory()
		host := cluster.OpenT(t, withSeat("historical"), memory)
		time.Sleep(time.Minute)
		select {
		case <-host.Ready():
			t.Fatal("ready, and nobody is in the seat")
		default:
		}
		if n := seat(t, host); n.State != "absent" || n.Host != "" {
			t.Errorf("got %+v, want it absent", n)
		}
		if got := strings.Join(host.Waiting(), ";"); got != "historical-1, a real historical" {
			t.Errorf("waiting for %q", got)
		}
		came := cluster.RunT(t, guest(host, cluster.Role{Kind: "historical"}, nil), memory)
		<-host.Ready()
		n := awaitSeat(t, host, func(n cluster.Node) bool { return n.Version != "" })
		if want := came.Addresses().Nodes[0].Host; n.State != "present" || n.Host != want || n.Session == "" || len(n.Remarks) > 0 {
			t.Errorf("got %+v, want it present at %s", n, want)
		}
		if n.Version != "0.14.0-incubating" {
			t.Errorf("got version %s", n.Version)
		}
		await(t, host, "served(flights) == 3 and up(historical) == 1 and announced(historical-1) == 1 and segments(historical-1) > 0", 30*time.Second)
	})
}

func TestSeatIsLeftAndTakenAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		memory := cluster.InMemory()
		topo := withSeat("historical")
		host := cluster.OpenT(t, topo, memory)
		came := cluster.RunT(t, guest(host, cluster.Role{Kind: "historical", Port: 28083}, nil), memory)
		<-host.Ready()
		do(t, came, "kill historical")
		await(t, host, "up(historical) == 0 and served(*) == 0", 30*time.Second)
		if n := seat(t, host); n.State != "absent" || n.Host != "127.0.0.1:28083" {
			t.Errorf("got %+v, want it absent, with its last address", n)
		}
		cluster.RunT(t, guest(host, cluster.Role{Kind: "historical", Port: 28084}, nil), memory)
		await(t, host, "up(historical) == 1", 10*time.Second)
		do(t, came, "start historical")
		await(t, came, "announced(historical) == 1", 10*time.Second)
		if n := seat(t, host); n.Host != "127.0.0.1:28084" {
			t.Errorf("got %s, want the process that has the seat to keep it", n.Host)
		}
	})
}

func TestFaultsOfAProcessOfItsOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		memory := cluster.InMemory()
		host := cluster.OpenT(t, withSeat("historical"), memory)
		if _, err := host.Do(t.Context(), "expire_session historical-1"); err == nil || !strings.Contains(err.Error(), "nobody is in the seat") {
			t.Errorf("got %v", err)
		}
		cluster.RunT(t, guest(host, cluster.Role{Kind: "historical"}, nil), memory)
		<-host.Ready()
		for _, tc := range []struct{ do, want string }{
			{"kill historical-1", "historical-1 is a process of its own: it is neither started nor ended from here"},
			{"restart *", "historical-1 is a process of its own: it is neither started nor ended from here"},
			{"pause historical-1", "its traffic does not pass through here; what can be done to it is zk_error, zk_drop_request, zk_drop_reply, zk_delay, expire_session, disconnect"},
			{"partition coordinator from historical-1", "what it sends cannot be held up from here, only what is sent to it"},
		} {
			if _, err := host.Do(t.Context(), tc.do); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%s: got %v, want %s", tc.do, err, tc.want)
			}
		}
		await(t, host, "up(*) == 5", time.Second)
		before := seat(t, host).Session
		do(t, host, "disconnect historical-1")
		do(t, host, "expire_session historical-1")
		awaitSeat(t, host, func(n cluster.Node) bool { return n.State == "present" && n.Session != before })
	})
}

func TestSeatThatNobodyFillsIsNamed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		topo := withSeat("historical", "broker")
		topo.Roles[4].Port = 8082
		c, err := cluster.New(topo, cluster.InMemory(), cluster.WaitExternal(time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		err = c.Run(t.Context())
		want := "after 1m0s still waiting for historical-1, a real historical; broker-1, a real broker at 127.0.0.1:8082: an external process is missing"
		if err == nil || err.Error() != want || !errors.Is(err, cluster.ErrMissing) {
			t.Errorf("got %v, want %s", err, want)
		}
		if took := time.Since(start).Truncate(time.Minute); took != time.Minute {
			t.Errorf("it took %v", took)
		}
	})
}

func TestInterruptedWaitIsNoError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, err := cluster.New(withSeat("historical"), cluster.InMemory(), cluster.WaitExternal(time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if err := c.Run(ctx); err != nil {
			t.Errorf("got %v", err)
		}
	})
}

func TestProcessThatWentAstrayIsNamed(t *testing.T) {
	for name, tc := range map[string]struct {
		seat   cluster.Role
		guest  cluster.Role
		change func(*cluster.Topology)
		want   string
	}{
		"another base": {
			cluster.Role{Kind: "historical"}, cluster.Role{Kind: "historical"},
			func(topo *cluster.Topology) { topo.ZooKeeper.Base = "/prod" },
			"shows itself as historical under /prod; druid.zk.paths.base is /druid here",
		},
		"another base, at the seat's port": {
			cluster.Role{Kind: "coordinator", Port: 28081}, cluster.Role{Kind: "coordinator", Port: 28081},
			func(topo *cluster.Topology) { topo.ZooKeeper.Base = "/a/prod" },
			"127.0.0.1:28081 shows itself as coordinator under /a/prod; druid.zk.paths.base is /druid here",
		},
		"another discovery path": {
			cluster.Role{Kind: "coordinator"}, cluster.Role{Kind: "coordinator", Port: 28081},
			func(topo *cluster.Topology) {
				topo.Defaults.Properties = map[string]string{"druid.discovery.curator.path": "/prod/discovery"}
			},
			"127.0.0.1:28081 registers its service under /prod/discovery; druid.discovery.curator.path is /druid/discovery here",
		},
		"another kind": {
			cluster.Role{Kind: "historical", Port: 28083}, cluster.Role{Kind: "broker", Port: 28083}, nil,
			"127.0.0.1:28083 shows itself as broker; the seat is a historical's",
		},
		"another version": {
			cluster.Role{Kind: "historical"}, cluster.Role{Kind: "historical", Port: 28083},
			func(topo *cluster.Topology) { topo.DruidVersion = "27.0.0" },
			"127.0.0.1:28083 is Druid 27.0.0; the topology expects 0.14.0",
		},
		"another service": {
			cluster.Role{Kind: "overlord"}, cluster.Role{Kind: "overlord", Port: 28090},
			func(topo *cluster.Topology) {
				topo.Roles[0].Properties = map[string]string{"druid.service": "prod/overlord"}
			},
			`127.0.0.1:28090 is druid.service "prod/overlord"; the others look for "druid/overlord"`,
		},
		"another tier": {
			cluster.Role{Kind: "historical", Tier: "hot"}, cluster.Role{Kind: "historical", Port: 28083}, nil,
			`127.0.0.1:28083 is of tier "_default_tier"; the topology says "hot"`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				memory := cluster.InMemory()
				tc.seat.External = true
				host := cluster.OpenT(t, cluster.Topology{Roles: []cluster.Role{tc.seat}}, memory)
				cluster.OpenT(t, guest(host, tc.guest, tc.change), memory)
				awaitSeat(t, host, remarkOf(tc.want))
				if got := strings.Join(host.Waiting(), ";"); !strings.Contains(got, tc.want) {
					t.Errorf("waiting for %q", got)
				}
			})
		})
	}
}
