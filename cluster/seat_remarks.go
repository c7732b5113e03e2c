package cluster

import (
	"fmt"
	"slices"
	"strings"

	"oakmoot/internal/stage/kinds"
	"oakmoot/internal/stage/observe"
)

// remarks are what is wrong, for this cluster, with the process in a seat or, while the
// seat is empty, with those that might have been meant for it.
func (w *seatWatch) remarks(n *node, c claim, o *occupant, v *observe.Shown) []string {
	var all []string
	if o.session != 0 {
		all = remarksOnPresent(n, o, v, w.druid)
	} else {
		all = remarksOnAbsent(c, v)
	}
	for _, s := range w.strays.found {
		if remark := w.strays.remark(c, o, s); remark != "" && !slices.Contains(all, remark) {
			all = append(all, remark)
		}
	}
	return all
}

// remarksOnPresent compares what a process announces with what the topology says of its
// seat, and of Druid's version.
func remarksOnPresent(n *node, o *occupant, v *observe.Shown, version string) []string {
	var all []string
	if o.version != "" && !strings.HasPrefix(o.version, version) {
		all = append(all, fmt.Sprintf("%s is Druid %s; the topology expects %s", o.host, o.version, version))
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
