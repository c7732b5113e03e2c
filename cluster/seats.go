package cluster

import (
	"context"
	"sync"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/loop"
	"oakmoot/internal/stage/kinds"
	"oakmoot/internal/stage/observe"
	"oakmoot/internal/stage/scenario"
)

// Limits of watching the external seats.
const (
	seatRecheck  = time.Second     // how often at least they are looked at
	strayRecheck = 2 * time.Second // how often processes are looked for that went astray
)

// seatWatch keeps the occupants of the external seats as ZooKeeper shows them. Its
// fields are its one goroutine's.
type seatWatch struct {
	c        *Cluster
	seats    []*node
	own      map[string]bool // hosts of this cluster's own nodes
	strays   []stray
	strayed  time.Time          // when they were last looked for
	asked    map[string]int64   // host → session for which its version is asked, or known
	versions map[string]string  // host → version
	answers  chan versionAnswer // of /status
	asking   sync.WaitGroup
}

// versionAnswer is what a process said of itself; "" is no answer.
type versionAnswer struct{ host, version string }

// watchSeats keeps the external seats until ctx ends.
func (c *Cluster) watchSeats(ctx context.Context) error {
	w := &seatWatch{c: c, own: map[string]bool{}, asked: map[string]int64{}, versions: map[string]string{}, answers: make(chan versionAnswer)}
	for _, n := range c.nodes {
		if n.role.External {
			w.seats = append(w.seats, n)
		} else {
			w.own[n.host()] = true
		}
	}
	if len(w.seats) == 0 {
		<-ctx.Done()
		return nil
	}
	defer w.asking.Wait()
	for {
		changed := c.changes.next()
		w.look(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
			_ = loop.Sleep(ctx, settle)
		case a := <-w.answers:
			w.hear(a)
		case <-time.After(seatRecheck):
		}
	}
}

// look brings every seat up to date.
func (w *seatWatch) look(ctx context.Context) {
	w.lookForStrays(ctx)
	now := make([]*occupant, len(w.seats))
	err := w.c.observer.look(ctx, asked{Source: scenario.FromZooKeeper}, func(m *observe.Moment) {
		claims := make([]claim, len(w.seats))
		shown := map[string]map[string]int64{}
		for i, n := range w.seats {
			claims[i] = claim{kind: n.kind, host: n.role.Host, port: n.port, last: n.host()}
			if shown[n.kind] == nil {
				shown[n.kind] = m.Live.Present(n.kind)
			}
		}
		for i, host := range seated(claims, shown, w.own) {
			kind := w.seats[i].kind
			now[i] = w.occupantOf(w.seats[i], claims[i], host, shown[kind][host], m.Live)
		}
	})
	if err != nil {
		return // ZooKeeper does not answer: what was seen last stands
	}
	for i, n := range w.seats {
		w.askVersion(ctx, now[i])
		w.settle(n, now[i])
	}
}

// occupantOf is what is known of the process that shows itself in a seat.
func (w *seatWatch) occupantOf(n *node, c claim, host string, session int64, shown *observe.Shown) *occupant {
	now := &occupant{host: n.host()}
	if host != "" {
		now.host, now.session = host, session
		if w.asked[host] == now.session {
			now.version = w.versions[host]
		}
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
	w.tell(n, before, now)
	if now.session != 0 && n.readied.CompareAndSwap(false, true) {
		close(n.ready)
	}
	n.speak()
}

// tell logs who came or went, and what is new that is not as it should be.
func (w *seatWatch) tell(n *node, before, now *occupant) {
	switch {
	case now.session != 0 && before.session != now.session:
		n.started.Add(1)
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

// askVersion asks a process that has newly come for its version, in the background.
func (w *seatWatch) askVersion(ctx context.Context, o *occupant) {
	if o.session == 0 || w.asked[o.host] == o.session {
		return
	}
	w.asked[o.host] = o.session
	delete(w.versions, o.host)
	host := o.host
	w.asking.Go(func() {
		version, err := w.c.requests.versionOf(ctx, host)
		if err != nil {
			w.c.log.Debug("version not told", "host", host, "error", err)
			_ = loop.Sleep(ctx, seatRecheck)
		}
		select {
		case w.answers <- versionAnswer{host, version}:
		case <-ctx.Done():
		}
	})
}

// hear takes an answer; without one, the process is asked again.
func (w *seatWatch) hear(a versionAnswer) {
	if a.version == "" {
		delete(w.asked, a.host)
		return
	}
	w.versions[a.host] = a.version
}

// seatKindOf is the kind of node that a discovery entry speaks of, or "".
func seatKindOf(t druid.NodeType) string {
	for _, k := range kinds.All() {
		if k.NodeType == t && t != "" {
			return k.Name
		}
	}
	return ""
}
