package topology

import (
	"cmp"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

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

// maxNodes bounds how many nodes a role may have. It is far more than there are ports for:
// what there is of those, and of memory, is looked at before a run starts.
const maxNodes = 1_000_000

// maxCapacity bounds how many tasks a worker may run at a time.
const maxCapacity = 500

// nodes is how many a role without names has: one as long as its number makes no sense.
func (r Role) nodes() int {
	if r.Count < 1 || r.Count > maxNodes {
		return 1
	}
	return r.Count
}

// Places lists a topology's nodes in its order: named ones by their names, others
// kind-1, kind-2 and so on, counted over all tables of the kind.
func (t Topology) Places() []Place {
	var all []Place
	counted := map[string]int{}
	for table, r := range t.Roles {
		names := r.Name
		if len(names) == 0 {
			for range r.nodes() {
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

// Further are the places that a cluster which is scaled up has beyond those of its
// topology, one after another: each is like the first of ours of its kind, and has the
// next number that no node of the topology has in its name.
type Further struct {
	place Place
	taken map[string]bool
	n     int
}

// Further are those of one kind, from the first.
func (t Topology) Further(kind string) *Further {
	f := &Further{place: Place{Role: Role{Kind: kind}, Table: -1}, taken: map[string]bool{}}
	for _, other := range slices.Backward(t.Places()) {
		f.taken[other.Name] = true
		if other.Role.Kind == kind && !other.Role.External {
			f.place.Role = other.Role
		}
	}
	f.place.Role = Topology{Roles: []Role{f.place.Role}}.WithDefaults().Roles[0]
	f.place.Role.Name, f.place.Role.Count, f.place.Role.Port = nil, 1, 0
	f.Advance()
	return f
}

// Place is the present one.
func (f *Further) Place() Place { return f.place }

// Advance goes on to the next.
func (f *Further) Advance() {
	for {
		f.n++
		if f.place.Name = fmt.Sprintf("%s-%d", f.place.Role.Kind, f.n); !f.taken[f.place.Name] {
			return
		}
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
	made, further := map[string]int{}, map[string]*Further{}
	for _, s := range t.Steps {
		a := s.rough()
		if a.Verb.Name != "scale" {
			continue
		}
		if further[a.Name] == nil {
			further[a.Name] = t.Further(a.Name)
		}
		for ; made[a.Name]+ours[a.Name] < min(a.Count("count", 0), maxNodes); made[a.Name]++ {
			all = append(all, further[a.Name].Place())
			further[a.Name].Advance()
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

// nameInFile stands for the node's name in the name of a file.
const nameInFile = "{name}"

// PIDFileOf is the file that names the process of one of the role's nodes; "" when there is none.
func (r Role) PIDFileOf(name string) string { return strings.ReplaceAll(r.PIDFile, nameInFile, name) }

// kind is the row of the place's kind.
func (p Place) kind() kinds.Kind { return kinds.Of(p.Role.Kind) }
