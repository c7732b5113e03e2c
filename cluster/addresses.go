package cluster

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
