package druid

import "encoding/json"

// Types of a data server: ServerType in Java. Coordinators replicate only to
// historicals and bridges.
const (
	TypeHistorical      = "historical"
	TypeBridge          = "bridge"
	TypeIndexerExecutor = "indexer-executor"
	TypeRealtime        = "realtime"
)

// DefaultTier is the tier of a server that names none.
const DefaultTier = "_default_tier"

// ServerMetadata is what a data server announces about itself: DruidServerMetadata.
type ServerMetadata struct {
	Name           string // host:port, equal to the znode's name
	Host           string // plaintext host:port; empty is written as null
	HostAndTLSPort string // empty is written as null
	MaxSize        int64  // bytes; 0 means that no segment fits
	Type           string
	Tier           string
	Priority       int

	unknown fields
}

// ReplicationTarget reports whether a coordinator assigns segments to the server.
func (s ServerMetadata) ReplicationTarget() bool {
	return s.Type == TypeHistorical || s.Type == TypeBridge
}

// Node is the identity of a process: DruidNode in Java.
type Node struct {
	Service             string // for example druid/coordinator
	Host                string // without a port
	BindOnHost          bool
	PlaintextPort       int // -1 when plaintext is off
	TLSPort             int // -1 when TLS is off
	EnablePlaintextPort bool
	EnableTLSPort       bool

	unknown fields
}

// NodeType is a role as the discovery entries name it.
type NodeType string

// Node types. The znode directory uses Dir, the JSON the value itself.
const (
	Coordinator   NodeType = "coordinator"
	Historical    NodeType = "historical"
	Broker        NodeType = "broker"
	Overlord      NodeType = "overlord"
	Peon          NodeType = "peon"
	Router        NodeType = "router"
	MiddleManager NodeType = "middleManager"
)

// NodeTypes lists all node types, in Java's order.
var NodeTypes = []NodeType{Coordinator, Historical, Broker, Overlord, Peon, Router, MiddleManager}

// DiscoveryNode is an internal-discovery entry: DiscoveryDruidNode in Java.
type DiscoveryNode struct {
	Node     Node
	NodeType NodeType
	Services []NodeService // in the order in which they are written

	unknown fields
}

// NodeService is an entry of a DiscoveryNode's services, kept as the bytes that Java
// writes: a dataNodeService has the key "type" twice.
type NodeService struct {
	Key  string
	JSON json.RawMessage
}

// ServiceInstance is a curator-x-discovery entry.
type ServiceInstance struct {
	Name                string // the service's name with ':' for '/'
	ID                  string // a random UUID
	Address             string
	Port                int
	SSLPort             int   // -1 is "none" as Druid writes it
	RegistrationTimeUTC int64 // milliseconds

	unknown fields
}

// Worker is what a middleManager announces about itself.
type Worker struct {
	Scheme   string
	Host     string // host:port, equal to the znode's name
	IP       string
	Capacity int
	Version  string // "" means that the worker is disabled

	unknown fields
}
