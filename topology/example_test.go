package topology_test

import (
	"fmt"
	"strings"

	"oakmoot/topology"
)

// Every mistake of a file is told at once, each with its place.
func ExampleLoad() {
	_, err := topology.Load(strings.NewReader(`schema = 1
[[role]]
kind = "coordinater"
[[step]]
at = "5s"
do = "kill coordinater@leader"
`))
	fmt.Println(err)
	// Output:
	// the topology has 2 mistakes
	// topology:3:8: unknown value "coordinater"; did you mean "coordinator"?
	//     kind = "coordinater"
	//            ^
	// topology:6:12: unknown kind or node "coordinater"; did you mean "coordinator"?
	//     do = "kill coordinater@leader"
	//                ^
}

// A topology can be written in Go, too; what it leaves out is filled in.
func ExampleTopology_WithDefaults() {
	topo := topology.Topology{Roles: []topology.Role{{Kind: "coordinator", Count: 2}, {Kind: "historical"}}}.WithDefaults()
	fmt.Println(topo.ZooKeeper.Base, topo.ZooKeeper.SessionTimeout.Duration, topo.Roles[1].Tier)
	// Output: /druid 30s _default_tier
}
