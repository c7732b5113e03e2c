package topology

import "slices"

// Mended is the topology without the bugs of the museum.
func (t Topology) Mended() Topology {
	t.Roles = slices.Clone(t.Roles)
	for i := range t.Roles {
		t.Roles[i].Museum = nil
	}
	return t
}
