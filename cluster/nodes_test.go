package cluster

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/druid"
)

// mixedNodes are a node of ours, a seat that is taken and one that is empty.
func mixedNodes() nodes {
	ours := &node{place: place{name: "broker-1", kind: "broker"}, lives: newLives(), self: druid.Node{Host: "127.0.0.1", PlaintextPort: 8082}}
	all := nodes{ours}
	for _, o := range []occupant{{host: "far:8083", session: 7}, {host: "far:8084"}} {
		seat := &node{place: place{name: "historical at " + o.host, kind: "historical", role: Role{External: true}}, lives: newLives()}
		seat.seat.Store(&o)
		all = append(all, seat)
	}
	return all
}

func TestNodesAreOursOrSeats(t *testing.T) {
	all := mixedNodes()
	all[1].arrive()
	all[1].arrive() // a second process in the seat
	if diff := cmp.Diff(map[string]bool{"127.0.0.1:8082": true}, all.own().hosts()); diff != "" {
		t.Errorf("own: -want +got:\n%s", diff)
	}
	if diff := cmp.Diff(map[string]bool{"far:8083": true, "far:8084": true}, all.seats().hosts()); diff != "" {
		t.Errorf("seats: -want +got:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"broker-1", "historical at far:8084"}, all.unready()); diff != "" {
		t.Errorf("unready: -want +got:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"historical at far:8084, a real historical at far:8084"}, all.waiting()); diff != "" {
		t.Errorf("waiting: -want +got:\n%s", diff)
	}
}

func TestPatienceIsForEmptySeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := patience{limit: time.Minute, nodes: mixedNodes()}
		p.nodes[0].arrive()
		began := time.Now()
		err := p.await(t.Context(), nil)
		want := "after 1m0s still waiting for historical at far:8084, a real historical at far:8084: an external process is missing"
		if !errors.Is(err, ErrMissing) || err.Error() != want || time.Since(began) != time.Minute {
			t.Errorf("got %v after %v", err, time.Since(began))
		}
		for name, none := range map[string]patience{"no limit": {0, p.nodes}, "no seats": {time.Minute, p.nodes.own()}} {
			ctx, cancel := none.limited(t.Context())
			if _, limited := ctx.Deadline(); limited {
				t.Errorf("%s: got a limit", name)
			}
			cancel()
			if err := none.missing(ctx); err != nil {
				t.Errorf("%s: got %v", name, err)
			}
		}
	})
}
