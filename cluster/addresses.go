package cluster

import (
	"net"
	"strconv"
)

// Addresses is the address file.
type Addresses struct {
	Control   string        `json:"control"`
	ZooKeeper string        `json:"zookeeper"`
	Base      string        `json:"base"`
	Data      string        `json:"data"`
	Nodes     []NodeAddress `json:"nodes"`
}

// NodeAddress is a node in the address file.
type NodeAddress struct {
	Name string `json:"name"`
	Kind string `json:"kind"`
	Host string `json:"host"`
}

// port is the port of the node of a name, or 0.
func (a Addresses) port(name string) int {
	for _, n := range a.Nodes {
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
