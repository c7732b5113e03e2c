package topology

import (
	"cmp"
	"fmt"
	"net"
	"strconv"

	"oakmoot/internal/stage/kinds"
)

// Place is one node's place in a topology.
type Place struct {
	Name  string
	Role  Role
	Table int // which of the topology's roles that is, from 0
	Port  int // 0: the system assigns
}

// maxNodes bounds how many nodes a role may have.
const maxNodes = 500

// Places lists a topology's nodes in its order: named ones by their names, others
// kind-1, kind-2 and so on, counted over all tables of the kind.
func (t Topology) Places() []Place {
	var all []Place
	counted := map[string]int{}
	for table, r := range t.Roles {
		names := r.Name
		if len(names) == 0 {
			for range min(max(r.Count, 1), maxNodes) {
				counted[r.Kind]++
				names = append(names, fmt.Sprintf("%s-%d", r.Kind, counted[r.Kind]))
			}
		}
		for i, name := range names {
			p := Place{Name: name, Role: r, Table: table}
			if r.Port != 0 {
				p.Port = r.Port + i
			}
			all = append(all, p)
		}
	}
	return all
}

// ExternalHost is where the topology puts the process of an external seat:
// host:port, or "" when it leaves that open.
func (p Place) ExternalHost() string {
	if p.Port == 0 {
		return ""
	}
	return net.JoinHostPort(cmp.Or(p.Role.Host, "127.0.0.1"), strconv.Itoa(p.Port))
}

// kind is the row of the place's kind.
func (p Place) kind() kinds.Kind { return kinds.Of(p.Role.Kind) }
