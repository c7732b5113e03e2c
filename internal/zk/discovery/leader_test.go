package discovery_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/druid"
	"oakmoot/internal/worldtest"
	"oakmoot/internal/zk/discovery"
)

// overlords is a network of processes that answer HTTP, with a record of who was asked
// what.
type overlords struct {
	w     *world
	asked []string
}

// serve answers at a port: with a redirect to another one or, when to is 0, as the
// leader.
func (o *overlords) serve(port, to int) {
	o.w.T.Helper()
	ln, err := o.w.Net.Listen(fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		o.w.T.Fatal(err)
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		o.asked = append(o.asked, fmt.Sprintf("%d %s %s %s %s", port, r.Method, r.RequestURI, r.Header.Get("X-Druid-Author"), body))
		if to != 0 {
			http.Redirect(w, r, fmt.Sprintf("http://127.0.0.1:%d%s", to, r.RequestURI), http.StatusTemporaryRedirect)
			return
		}
		w.WriteHeader(http.StatusTeapot)
		fmt.Fprint(w, "leader at ", port)
	})}
	go srv.Serve(ln)
	o.w.T.Cleanup(func() { _ = srv.Close() })
}

// announce creates an internal-discovery entry for a process at a port.
func (o *overlords) announce(p *process, port int) {
	o.w.T.Helper()
	n := druid.DiscoveryNode{Node: worldtest.At("druid/overlord", port), NodeType: druid.Overlord}
	if _, err := discovery.AnnounceNode(o.w.T.Context(), p.Announcer, o.w.Paths, druid.Release{}, n); err != nil {
		o.w.T.Fatal(err)
	}
}

func (o *overlords) client() *discovery.LeaderClient {
	client := &http.Client{Transport: &http.Transport{DialContext: o.w.Net.DialContext, DisableKeepAlives: true}}
	return discovery.NewLeaderClient(o.w.Conn, o.w.Paths, client, druid.Overlord, "druid/overlord")
}

func ask(t *testing.T, c *discovery.LeaderClient) (string, error) {
	t.Helper()
	resp, err := c.Do(t.Context(), http.MethodPost, "/druid/indexer/v1/task?x=1", []byte("body"), http.Header{"X-Druid-Author": {"me"}})
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return fmt.Sprint(resp.StatusCode, " ", string(body)), err
}

func expectAnswer(t *testing.T, c *discovery.LeaderClient, want string) {
	t.Helper()
	if got, err := ask(t, c); got != want || err != nil {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
}

func (o *overlords) expectAsked(want ...string) {
	o.w.T.Helper()
	for i, port := range want {
		want[i] = port + " POST /druid/indexer/v1/task?x=1 me body"
	}
	if diff := cmp.Diff(want, o.asked); diff != "" {
		o.w.T.Errorf("asked (-want +got):\n%s", diff)
	}
	o.asked = nil
}

func TestRedirectLeadsToTheLeaderWhichIsThenAskedFirst(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		o, p := &overlords{w: w}, w.start()
		o.serve(8090, 8091)
		o.serve(8091, 0)
		o.announce(p, 8090)
		c := o.client()
		expectAnswer(t, c, "418 leader at 8091")
		o.expectAsked("8090", "8091")
		expectAnswer(t, c, "418 leader at 8091")
		o.expectAsked("8091")
	})
}

func TestServicesAreAskedBeforeNodes(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		o, p := &overlords{w: w}, w.start()
		o.serve(8090, 8091)
		o.serve(8091, 0)
		o.announce(p, 8090)
		p.service("druid/overlord", 8091)
		expectAnswer(t, o.client(), "418 leader at 8091")
		o.expectAsked("8091")
	})
}

// A process that died leaves its entry behind until its session ends.
func TestSilentHostsAreSkipped(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		o, p := &overlords{w: w}, w.start()
		p.service("druid/overlord", 8090)
		o.announce(p, 8090)
		o.announce(p, 8091)
		o.announce(p, 8092)
		o.serve(8092, 0)
		expectAnswer(t, o.client(), "418 leader at 8092")
		o.expectAsked("8092")
	})
}

func TestLeaderThatFallsSilentIsLookedForAgain(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		o, p := &overlords{w: w}, w.start()
		o.serve(8090, 8099) // still redirects to a dead one
		o.serve(8091, 0)
		o.announce(p, 8090)
		o.announce(p, 8091)
		expectAnswer(t, o.client(), "418 leader at 8091")
	})
}

func TestRedirectsInACircleEndAfterFiveAttempts(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		o, p := &overlords{w: w}, w.start()
		o.serve(8090, 8091)
		o.serve(8091, 8090)
		o.announce(p, 8090)
		if got, err := ask(t, o.client()); err == nil || !strings.Contains(err.Error(), "redirected") {
			t.Errorf("got %q, %v; want an error about redirects", got, err)
		}
		o.expectAsked("8090", "8091", "8090", "8091", "8090")
	})
}

func TestNobodyToAskIsAnError(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		o, p := &overlords{w: w}, w.start()
		c := o.client()
		if _, err := ask(t, c); !errors.Is(err, discovery.ErrNoLeader) {
			t.Errorf("got %v, want ErrNoLeader", err)
		}
		o.announce(p, 8090)
		var refused *net.OpError
		if _, err := ask(t, c); !errors.As(err, &refused) {
			t.Errorf("got %v, want the last host's refusal", err)
		}
	})
}
