package cluster

import (
	"cmp"
	"fmt"
	"net"
	"strconv"
)

// place is one node's place in a topology.
type place struct {
	name string
	role Role
	of   int // which of the topology's roles that is
	port int // 0: the system assigns
}

// maxNodes bounds how many nodes a role may have.
const maxNodes = 500

// places lists a topology's nodes in its order: named ones by their names, others
// kind-1, kind-2 and so on, counted over all tables of the kind.
func places(topo Topology) []place {
	var all []place
	counted := map[string]int{}
	for of, r := range topo.Roles {
		names := r.Name
		if len(names) == 0 {
			for range min(max(r.Count, 1), maxNodes) {
				counted[r.Kind]++
				names = append(names, fmt.Sprintf("%s-%d", r.Kind, counted[r.Kind]))
			}
		}
		for i, name := range names {
			p := place{name: name, role: r, of: of}
			if r.Port != 0 {
				p.port = r.Port + i
			}
			all = append(all, p)
		}
	}
	return all
}

// externalHost is where the topology says that the process of an external seat is:
// host:port, or "" when it leaves that open.
func (p place) externalHost() string {
	if p.port == 0 {
		return ""
	}
	return net.JoinHostPort(cmp.Or(p.role.Host, "127.0.0.1"), strconv.Itoa(p.port))
}

// lastPort is the port that a node of this name had in the previous run, or 0.
func lastPort(last Addresses, name string) int {
	for _, n := range last.Nodes {
		if n.Name != name {
			continue
		}
		if _, port, err := net.SplitHostPort(n.Host); err == nil {
			p, _ := strconv.Atoi(port) // no number: as if it had none
			return p
		}
	}
	return 0
}
