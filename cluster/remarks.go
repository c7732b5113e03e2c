package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/stage/kinds"
	"oakmoot/internal/stage/observe"
	"oakmoot/internal/zk/zkpath"
)

// remarks are what is not as this cluster needs it about the process of a seat, or,
// while nobody is in it, about those that might have been meant for it.
func (w *seatWatch) remarks(n *node, c claim, o *occupant, v *observe.Shown) []string {
	var all []string
	if o.session != 0 {
		all = w.c.remarksOnPresent(n, o, v)
	} else {
		all = remarksOnAbsent(c, v)
	}
	for _, s := range w.strays {
		if remark := w.c.remarkOnStray(c, o, s); remark != "" && !slices.Contains(all, remark) {
			all = append(all, remark)
		}
	}
	return all
}

// remarksOnPresent compares what a process shows with what the topology says of its
// seat.
func (c *Cluster) remarksOnPresent(n *node, o *occupant, v *observe.Shown) []string {
	var all []string
	if o.version != "" && !strings.HasPrefix(o.version, c.topo.DruidVersion) {
		all = append(all, fmt.Sprintf("%s is Druid %s; the topology expects %s", o.host, o.version, c.topo.DruidVersion))
	}
	if d, ok := v.Discovered(o.host); ok && kinds.Of(n.kind).Elects && d.Node.Service != kinds.Of(n.kind).Service {
		all = append(all, fmt.Sprintf("%s is druid.service %q; the others look for %q", o.host, d.Node.Service, kinds.Of(n.kind).Service))
	}
	s, ok := v.Server(o.host)
	if !ok || !kinds.Of(n.kind).Serves() {
		return all
	}
	if s.Tier != n.role.Tier {
		all = append(all, fmt.Sprintf("%s is of tier %q; the topology says %q", o.host, s.Tier, n.role.Tier))
	}
	if kinds.Of(n.kind).Has(kinds.KeyMaxSize) && s.MaxSize == 0 {
		all = append(all, fmt.Sprintf("%s announces druid.server.maxSize 0, so no segment fits", o.host))
	}
	return all
}

// remarksOnAbsent finds a process of another kind where one is expected.
func remarksOnAbsent(c claim, v *observe.Shown) []string {
	var all []string
	for _, host := range v.AllDiscovered() {
		d, _ := v.Discovered(host)
		if kind := seatKindOf(d.NodeType); c.port != 0 && kind != c.kind && c.at(host) {
			all = append(all, fmt.Sprintf("%s shows itself as %s; the seat is a %s's", host, d.NodeType, c.kind))
		}
	}
	slices.Sort(all)
	return all
}

// stray is a process that shows itself where this cluster does not look.
type stray struct {
	kind string
	host string
	base string // under which it shows itself
	path string // of a service instance
}

// remarkOnStray describes a process that was probably meant for a seat, or is "".
func (c *Cluster) remarkOnStray(claim claim, o *occupant, s stray) string {
	if s.kind != claim.kind || o.session != 0 && s.host != o.host || o.session == 0 && claim.port != 0 && !claim.at(s.host) {
		return ""
	}
	if s.path != "" {
		return fmt.Sprintf("%s registers its service under %s; druid.discovery.curator.path is %s here", s.host, s.path, c.paths.Discovery)
	}
	if o.session != 0 {
		return "" // another process of the address's, from another time or machine
	}
	return fmt.Sprintf("%s shows itself as %s under %s; druid.zk.paths.base is %s here", s.host, s.kind, s.base, c.paths.Base)
}

// lookForStrays looks through the whole of ZooKeeper now and then: until the cluster
// is ready, and while a seat is empty.
func (w *seatWatch) lookForStrays(ctx context.Context) {
	empty := slices.ContainsFunc(w.seats, func(n *node) bool { return n.seat.Load().session == 0 })
	switch {
	case closed(w.c.ready) && !empty:
		w.strays = nil
		return
	case time.Since(w.strayed) < strayRecheck:
		return
	}
	w.strays, w.strayed = w.c.strays(ctx), time.Now()
}

// strayLimit bounds how many znodes are looked at for strays, for a ZooKeeper that
// others use as well.
const strayLimit = 20_000

// errEnough ends a walk at its limit.
var errEnough = errors.New("enough was seen")

// strays are the processes that show themselves elsewhere than under this cluster's
// base and discovery path. A ZooKeeper that does not answer has none.
func (c *Cluster) strays(ctx context.Context) []stray {
	var found []stray
	looked := 0
	err := c.tree.walk(ctx, "/", func(n observe.Znode) error {
		if looked++; looked > strayLimit {
			return errEnough
		}
		if n.Owner != 0 {
			if s, ok := c.strayAt(n); ok {
				found = append(found, s)
			}
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil
	}
	return found
}

// strayAt reads a znode as the announcement of a process in another place.
func (c *Cluster) strayAt(n observe.Znode) (stray, bool) {
	if c.paths.Parse(n.Path).Kind != zkpath.KindOther {
		return stray{}, false
	}
	base, p := zkpath.Elsewhere(n.Path)
	says, host := observe.Decode(p, n.Data)
	s := stray{base: base, host: host}
	switch p.Kind {
	case zkpath.KindNodeDiscovery:
		d, _ := says.(druid.DiscoveryNode) // what is none has no kind
		s.kind = seatKindOf(d.NodeType)
	case zkpath.KindAnnouncement:
		meta, _ := says.(druid.ServerMetadata)
		s.kind = observe.KindOfServer(meta.Type)
	case zkpath.KindWorker:
		s.kind = "middlemanager"
	case zkpath.KindCoordinatorLatch:
		s.kind = "coordinator"
	case zkpath.KindOverlordLatch:
		s.kind = "overlord"
	case zkpath.KindServiceInstance:
		s.path, s.kind = base, kindOfService(p.Group)
	}
	return s, s.kind != "" && s.host != ""
}

// kindOfService is the kind whose leaders register under a service's name, or "".
func kindOfService(name string) string {
	for _, k := range kinds.All() {
		if druid.ServiceName(k.Service) == name {
			return k.Name
		}
	}
	return ""
}
