package cluster

import (
	"context"
	"slices"
	"time"

	"oakmoot/internal/run/loop"
	"oakmoot/internal/stage/observe"
	"oakmoot/internal/stage/scenario"
)

// seatRecheck is how often the external seats are looked at, at least.
const seatRecheck = time.Second

// seatWatch keeps the occupants of the external seats as ZooKeeper shows them. Its fields
// belong to its one goroutine.
type seatWatch struct {
	seats    nodes
	own      func() map[string]bool // hosts of this cluster's own nodes
	observer *observer
	druid    string // the version that the topology expects
	ready    <-chan struct{}
	strays   *strays
	versions *versions
}

// run keeps the external seats until ctx ends.
func (w *seatWatch) run(ctx context.Context) error {
	if len(w.seats) == 0 {
		<-ctx.Done()
		return nil
	}
	defer w.versions.wait()
	for {
		changed := w.observer.changed.next()
		w.look(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
			_ = loop.Sleep(ctx, settle)
		case a := <-w.versions.answers:
			w.versions.hear(a)
		case <-time.After(seatRecheck):
		}
	}
}

// look brings every seat up to date.
func (w *seatWatch) look(ctx context.Context) {
	w.lookForStrays(ctx)
	now := make([]*occupant, len(w.seats))
	err := w.observer.look(ctx, asked{Source: scenario.FromZooKeeper}, func(m *observe.Moment) {
		claims := make([]claim, len(w.seats))
		shown := map[string]map[string]int64{}
		for i, n := range w.seats {
			claims[i] = claim{kind: n.kind, host: n.role.Host, port: n.port, last: n.host()}
			if shown[n.kind] == nil {
				shown[n.kind] = m.Live.Present(n.kind)
			}
		}
		for i, host := range seated(claims, shown, w.own()) {
			kind := w.seats[i].kind
			now[i] = w.occupantOf(w.seats[i], claims[i], host, shown[kind][host], m.Live)
		}
	})
	if err != nil {
		return // ZooKeeper does not answer: what was seen last still holds
	}
	for i, n := range w.seats {
		w.versions.ask(ctx, now[i])
		w.settle(n, now[i])
	}
}

// occupantOf is what is known of the process that has announced itself in a seat.
func (w *seatWatch) occupantOf(n *node, c claim, host string, session int64, shown *observe.Shown) *occupant {
	now := &occupant{host: n.host()}
	if host != "" {
		now.host, now.session = host, session
		now.version = w.versions.of(host, session)
	}
	now.remarks = w.remarks(n, c, now, shown)
	return now
}

// settle replaces a seat's occupant if anything about it has changed.
func (w *seatWatch) settle(n *node, now *occupant) {
	before := n.seat.Load()
	if now.equal(before) {
		return
	}
	n.seat.Store(now)
	w.log(n, before, now)
	if now.session != 0 {
		n.arrive()
	}
	n.speak()
}

// log says who came or went, and which remarks are new.
func (w *seatWatch) log(n *node, before, now *occupant) {
	switch {
	case now.session != 0 && before.session != now.session:
		n.begin()
		n.log.Info("the seat is taken", "kind", n.kind, "host", now.host)
	case now.session == 0 && before.session != 0:
		n.log.Info("the seat is empty", "kind", n.kind, "host", now.host)
	}
	known := map[string]bool{}
	for _, r := range before.remarks {
		known[r] = true
	}
	for _, r := range now.remarks {
		if !known[r] {
			n.log.Warn(r)
		}
	}
}

// lookForStrays searches the whole of ZooKeeper now and then: until the cluster is ready,
// and while a seat is empty.
func (w *seatWatch) lookForStrays(ctx context.Context) {
	empty := slices.ContainsFunc(w.seats, func(n *node) bool { return n.seat.Load().session == 0 })
	if closed(w.ready) && !empty {
		w.strays.forget()
		return
	}
	w.strays.look(ctx)
}
