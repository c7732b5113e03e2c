package observe

import (
	"slices"
	"strings"
	"time"
)

// reigns are who leads each kind, and for how long nobody did.
type reigns struct{ of map[string]reign }

// reign is who leads a kind.
type reign struct {
	leader string        // "" when nobody leads
	last   string        // who led when somebody did
	lost   time.Time     // when nobody led any more; zero before anybody has, and while somebody does
	gap    time.Duration // the longest without a leader that is over
	times  int           // how often somebody led after somebody else, or after nobody
}

// longest is the longest time without a leader, up to now.
func (r reign) longest(now time.Time) time.Duration {
	if r.lost.IsZero() {
		return r.gap
	}
	return max(r.gap, now.Sub(r.lost))
}

// see notes who leads now.
func (r reign) see(leader string, now time.Time) reign {
	switch {
	case leader == r.leader:
		return r
	case leader == "":
		r.lost = now
	default:
		if !r.lost.IsZero() {
			r.gap, r.lost = max(r.gap, now.Sub(r.lost)), time.Time{}
		}
		if r.last != "" {
			r.times++
		}
		r.last = leader
	}
	r.leader = leader
	return r
}

// electing are the kinds that elect a leader, sorted.
var electing = func() (kinds []string) {
	for kind := range leaderServices {
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	return kinds
}()

// Electing are the kinds that elect a leader, sorted.
func Electing() []string { return slices.Clone(electing) }

// seeLeaders notes who leads, after a change.
func (m *Model) seeLeaders(now time.Time) {
	moment := Moment{Live: m.live, Left: m.left, model: m}
	for _, kind := range electing {
		leader := strings.Join(moment.Leaders(kind), ",")
		m.reigns.of[kind] = m.reigns.of[kind].see(leader, now)
	}
}
