package coordinator

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"oakmoot/internal/zk/zkconn"
	"oakmoot/zkembed"
)

// late is a connection over a slow link: what it reads is old by then.
type late struct {
	zkconn.Conn
	by time.Duration
}

func (l late) GetW(ctx context.Context, path string) ([]byte, *zkconn.Stat, zkconn.Watch, error) {
	defer time.Sleep(l.by)
	return l.Conn.GetW(ctx, path)
}

func (l late) ChildrenW(ctx context.Context, path string) ([]string, zkconn.Watch, error) {
	defer time.Sleep(l.by)
	return l.Conn.ChildrenW(ctx, path)
}

// copiesOf counts the copies of each segment, by day.
func copiesOf(all []*historical, day string) int {
	n := 0
	for _, h := range all {
		if slices.Contains(h.has(), day) {
			n++
		}
	}
	return n
}

// fewest watches, for the given time, how few copies any segment comes down to.
func fewest(all []*historical, ids []string, span time.Duration) map[string]int {
	low := map[string]int{}
	for _, id := range ids {
		low[id] = len(all)
	}
	for end := time.Now().Add(span); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		for _, id := range ids {
			low[id] = min(low[id], copiesOf(all, id))
		}
	}
	return low
}

func dayIDs(n int) []string {
	var ids []string
	for _, s := range days("wiki", n) {
		ids = append(ids, s.ID().String())
	}
	return ids
}

// threeCopies starts three historicals that all serve n days.
func (w *world) threeCopies(n int) []*historical {
	w.T.Helper()
	w.publish(days("wiki", n)...)
	var all []*historical
	for i := range 3 {
		h := w.historical(8083 + i)
		h.serve(days("wiki", n)...)
		all = append(all, h)
	}
	return all
}

func TestLastCopyStaysWhenFewerAreWanted(t *testing.T) {
	for _, by := range []time.Duration{0, time.Second, 4 * time.Second} {
		t.Run(fmt.Sprintf("the link takes %s", by), func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				w.rules(3)
				all := w.threeCopies(12)
				in := w.start(8081, func(cfg *Config) {
					open := cfg.Open
					cfg.Open = func(ctx context.Context) (zkconn.Conn, error) { zc, err := open(ctx); return late{zc, by}, err }
				})
				w.leads(in)
				time.Sleep(40 * time.Second) // past the drops that an earlier leader may have requested
				w.rules(1)
				for id, n := range fewest(all, dayIDs(12), 2*time.Minute) {
					if n != 1 {
						t.Errorf("%s: got %d copies at the worst, want 1", id, n)
					}
				}
				w.Until("one copy of each is left", func() bool {
					return !slices.ContainsFunc(dayIDs(12), func(id string) bool { return copiesOf(all, id) != 1 })
				})
			})
		})
	}
}

// byChance has a coordinator choose at random what to drop where.
func byChance(cfg *Config) {
	cfg.Props = maps.Clone(cfg.Props)
	cfg.Props["druid.coordinator.balancer.strategy"] = "random"
}

// TestNewLeaderWaitsForItsPredecessorsDrops has a leader request drops that its historicals carry out while another
// begins to lead.
func TestNewLeaderWaitsForItsPredecessorsDrops(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.rules(3)
		all := w.threeCopies(8)
		first := w.start(8081, byChance) // so that the two do not make the same choices
		w.leads(first)
		second := w.start(8082, byChance)
		time.Sleep(40 * time.Second)
		for _, h := range all {
			h.set(func() { h.delay = 3 * time.Second }) // read at once, carried out later
		}
		w.rules(1)
		w.Until("drops are asked for", func() bool {
			asked := 0
			for _, h := range all {
				asked += len(w.requests(h))
			}
			return asked > 1
		})
		time.Sleep(10 * time.Millisecond)
		if err := w.ZK.Expire(t.Context(), zkembed.SessionID(first.zc.SessionID())); err != nil {
			t.Fatal(err)
		}
		w.leads(second)
		for id, n := range fewest(all, dayIDs(8), 3*time.Minute) {
			if n != 1 {
				t.Errorf("%s: got %d copies at the worst, want 1", id, n)
			}
		}
	})
}
