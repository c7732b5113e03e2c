package topology

import (
	"cmp"
	"fmt"
	"net"
	"slices"
	"strconv"

	"oakmoot/internal/stage/kinds"
	"oakmoot/internal/stage/scenario"
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

// FurtherPlace is a place that a cluster which is scaled up has beyond those of its
// topology, counted from 0: like the first of ours of its kind.
func (t Topology) FurtherPlace(kind string, i int) Place {
	p, taken := Place{Role: Role{Kind: kind}, Table: -1}, map[string]bool{}
	for _, other := range slices.Backward(t.Places()) {
		taken[other.Name] = true
		if other.Role.Kind == kind && !other.Role.External {
			p.Role = other.Role
		}
	}
	p.Role = Topology{Roles: []Role{p.Role}}.WithDefaults().Roles[0]
	p.Role.Name, p.Role.Count, p.Role.Port = nil, 1, 0
	for n := 1; ; n++ {
		if p.Name = fmt.Sprintf("%s-%d", kind, n); taken[p.Name] {
			continue
		}
		if i == 0 {
			return p
		}
		i--
	}
}

// ScaledPlaces are the places that steps of the topology scale the cluster up by.
func (t Topology) ScaledPlaces() (all []Place) {
	ours := map[string]int{}
	for _, p := range t.Places() {
		if !p.Role.External {
			ours[p.Role.Kind]++
		}
	}
	made := map[string]int{}
	for _, s := range t.Steps {
		a := s.rough()
		if a.Verb.Name != "scale" {
			continue
		}
		for ; made[a.Name]+ours[a.Name] < min(a.Count("count", 0), maxNodes); made[a.Name]++ {
			all = append(all, t.FurtherPlace(a.Name, made[a.Name]))
		}
	}
	return all
}

// rough is what a step does as far as it can be read, whoever it names.
func (s Step) rough() scenario.Action {
	a, _ := scenario.FormOf(s).Read(scenario.Universe{})
	return a
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
