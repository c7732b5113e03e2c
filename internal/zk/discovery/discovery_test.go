package discovery_test

import (
	"context"
	"errors"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/druid"
	"oakmoot/internal/worldtest"
	"oakmoot/internal/zk/discovery"
	"oakmoot/internal/zk/zkconn"
	"oakmoot/zkembed"
)

func TestNodeIsAnnouncedUnderItsTypesJavaName(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.start()
		n := druid.DiscoveryNode{Node: worldtest.At("druid/middlemanager", 8091), NodeType: druid.MiddleManager}
		if _, err := discovery.AnnounceNode(t.Context(), p.Announcer, w.Paths, druid.Release{}, n); err != nil {
			t.Fatal(err)
		}
		data, stat, err := w.Conn.Get(t.Context(), "/druid/internal-discovery/MIDDLE_MANAGER/127.0.0.1:8091")
		if err != nil || stat.EphemeralOwner != p.Conn.SessionID() {
			t.Fatalf("got %+v, %v; want a node of the session 0x%x", stat, err, p.Conn.SessionID())
		}
		want := `{"druidNode":{"service":"druid/middlemanager","host":"127.0.0.1","bindOnHost":false,"plaintextPort":8091,"port":-1,` +
			`"tlsPort":-1,"enablePlaintextPort":true,"enableTlsPort":false},"nodeType":"middleManager","services":{}}`
		if diff := cmp.Diff(want, string(druid.Gunzip(data))); diff != "" {
			t.Errorf("payload (-want +got):\n%s", diff)
		}
		nodes, err := discovery.Nodes(t.Context(), w.Conn, w.Paths, druid.MiddleManager)
		if err != nil || len(nodes) != 1 || nodes[0].Node.HostAndPort() != "127.0.0.1:8091" {
			t.Errorf("read again: got %+v, %v", nodes, err)
		}
	})
}

func TestEntriesOfAnotherTypeOrWithoutJSONAreLeftOut(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		none, err := discovery.Nodes(t.Context(), w.Conn, w.Paths, druid.Broker)
		if err != nil || len(none) != 0 {
			t.Errorf("without a directory: got %v, %v; want none", none, err)
		}
		for name, text := range map[string]string{
			"right": `{"druidNode":{"service":"b","host":"right"},"nodeType":"broker","services":{}}`,
			"other": `{"druidNode":{"service":"b","host":"other"},"nodeType":"historical","services":{}}`,
			"text":  "not JSON", "empty": "",
		} {
			path := w.Paths.NodeDiscovery(druid.Broker, name)
			if _, err := w.Conn.CreateParents(t.Context(), path, []byte(text), zkconn.Persistent); err != nil {
				t.Fatal(err)
			}
		}
		nodes, err := discovery.Nodes(t.Context(), w.Conn, w.Paths, druid.Broker)
		if err != nil || len(nodes) != 1 || nodes[0].Node.Host != "right" {
			t.Errorf("got %+v, %v; want the right one", nodes, err)
		}
	})
}

func TestServiceIsAnnouncedAsCuratorXDiscoveryDoes(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.start()
		now := time.Now().UnixMilli()
		p.service("druid/coordinator", 8081)
		path := w.entries("druid/coordinator")[0]
		pattern := regexp.MustCompile(`^/druid/discovery/druid:coordinator/([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$`)
		match := pattern.FindStringSubmatch(path)
		if match == nil {
			t.Fatalf("path: got %s, want it to match %s", path, pattern)
		}
		data, stat, err := w.Conn.Get(t.Context(), path)
		want := `{"name":"druid:coordinator","id":"` + match[1] + `","address":"127.0.0.1","port":8081,"sslPort":-1,"payload":null,` +
			`"registrationTimeUTC":` + strconv.FormatInt(now, 10) + `,"serviceType":"DYNAMIC","uriSpec":null}`
		if err != nil || string(data) != want {
			t.Errorf("payload: got %s, %v; want %s", data, err, want)
		}
		if stat.EphemeralOwner != p.Conn.SessionID() {
			t.Errorf("owner: got 0x%x, want 0x%x", stat.EphemeralOwner, p.Conn.SessionID())
		}
		all, err := discovery.Services(t.Context(), w.Conn, w.Paths, "druid/coordinator")
		if err != nil || len(all) != 1 || all[0].Port != 8081 || all[0].ID != match[1] {
			t.Errorf("read again: got %+v, %v", all, err)
		}
	})
}

func TestServiceIsRegisteredAgainWheneverTheConnectionComesBack(t *testing.T) {
	for name, lose := range map[string]func(p *process){
		"short disconnect": func(p *process) { p.Link.Disconnect() },
		"lost session":     (*process).Expire,
		"long disconnect":  func(p *process) { p.Link.Cut(); time.Sleep(3 * worldtest.SessionTimeout); p.Link.Heal() },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				p := w.start()
				p.service("druid/broker", 8082)
				path := w.entries("druid/broker")[0]
				_, first, err := w.Conn.Get(t.Context(), path)
				if err != nil {
					t.Fatal(err)
				}
				lose(p)
				w.Until("another node at the same path", func() bool {
					_, stat, err := w.Conn.Get(t.Context(), path)
					return err == nil && stat.Czxid != first.Czxid && stat.EphemeralOwner == p.Conn.SessionID()
				})
				if all := w.entries("druid/broker"); len(all) != 1 {
					t.Errorf("got %v, want one entry", all)
				}
			})
		})
	}
}

func TestWithdrawnServiceStaysAway(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.start()
		withdraw := p.service("druid/overlord", 8090)
		if err := withdraw(t.Context()); err != nil {
			t.Error(err)
		}
		p.Link.Disconnect()
		time.Sleep(worldtest.SessionTimeout)
		if all := w.entries("druid/overlord"); len(all) != 0 {
			t.Errorf("got %v, want none", all)
		}
	})
}

// A leader that loses its connection cannot delete its entry, and its session may live
// on.
func TestServiceWithdrawnWithoutAConnectionGoesWhenThereIsOne(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.start()
		withdraw := p.service("druid/overlord", 8090)
		p.Link.Cut()
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := withdraw(short); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want its deadline", err)
		}
		if all := w.entries("druid/overlord"); len(all) != 1 {
			t.Errorf("meanwhile: got %v, want the entry", all)
		}
		p.Link.Heal()
		time.Sleep(time.Second)
		if all := w.entries("druid/overlord"); len(all) != 0 {
			t.Errorf("got %v, want none", all)
		}
	})
}

func TestServiceWhoseAnnouncementIsGivenUpLeavesNothing(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		p := w.start()
		p.service("druid/overlord", 8090) // to create the directory
		defer w.ZK.Fail(zkembed.Rule{Op: "create", Path: "/druid/discovery/**", Times: 1, Action: zkembed.ActDropReply})()
		ctx, cancel := context.WithCancel(t.Context())
		states, stop := p.Conn.Listen()
		defer stop()
		go func() {
			<-states // the reply is lost
			p.Link.Cut()
			cancel()
		}()
		if _, err := discovery.AnnounceService(ctx, p.Conn, w.Paths, worldtest.At("druid/overlord", 8091), "druid/overlord", time.Now()); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want the caller's end", err)
		}
		p.Link.Heal()
		time.Sleep(time.Second)
		if all := w.entries("druid/overlord"); len(all) != 1 {
			t.Errorf("got %v, want the one that was not given up", all)
		}
	})
}
