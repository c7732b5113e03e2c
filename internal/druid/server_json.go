package druid

import (
	"fmt"
	"net"
	"strconv"
	"strings"
)

func (s *ServerMetadata) members() []member {
	return []member{
		{key: "name", value: &s.Name},
		{key: "host", value: (*nullable)(&s.Host)},
		{key: "hostAndTlsPort", value: (*nullable)(&s.HostAndTLSPort)},
		{key: "maxSize", value: &s.MaxSize},
		{key: "type", value: &s.Type},
		{key: "tier", value: &s.Tier},
		{key: "priority", value: &s.Priority},
	}
}

// MarshalJSON writes the metadata as Jackson does.
func (s ServerMetadata) MarshalJSON() ([]byte, error) { return encodeObject(s.members(), s.unknown) }

// UnmarshalJSON reads it; the type may be in any case, with _ for -.
func (s *ServerMetadata) UnmarshalJSON(b []byte) error {
	*s = ServerMetadata{}
	if err := decodeObject(b, s.members(), &s.unknown); err != nil {
		return fmt.Errorf("server: %w", err)
	}
	s.Type = strings.ReplaceAll(strings.ToLower(s.Type), "_", "-")
	if s.Name == "" {
		return fmt.Errorf("server: no name in %.200s", b)
	}
	return nil
}

// HostAndPort is the node's name in znodes: host and TLS port if it has one, else host
// and plaintext port.
func (n Node) HostAndPort() string {
	port := n.PlaintextPort
	if n.EnableTLSPort && n.TLSPort >= 0 {
		port = n.TLSPort
	}
	if port < 0 {
		return n.Host
	}
	return net.JoinHostPort(n.Host, strconv.Itoa(port))
}

// URI is the payload of the node's latch: scheme://host:port.
func (n Node) URI() string {
	scheme := "http"
	if n.EnableTLSPort && n.TLSPort >= 0 {
		scheme = "https"
	}
	return scheme + "://" + n.HostAndPort()
}

func (n *Node) members() []member {
	return []member{
		{key: "service", value: &n.Service},
		{key: "host", value: &n.Host},
		{key: "bindOnHost", value: &n.BindOnHost},
		{key: "plaintextPort", value: &n.PlaintextPort},
		{key: "port", value: -1, derived: true},
		{key: "tlsPort", value: &n.TLSPort},
		{key: "enablePlaintextPort", value: &n.EnablePlaintextPort},
		{key: "enableTlsPort", value: &n.EnableTLSPort},
	}
}

// MarshalJSON writes the node as Jackson does.
func (n Node) MarshalJSON() ([]byte, error) { return encodeObject(n.members(), n.unknown) }

// UnmarshalJSON reads it.
func (n *Node) UnmarshalJSON(b []byte) error {
	*n = Node{TLSPort: -1, EnablePlaintextPort: true}
	return decodeObject(b, n.members(), &n.unknown)
}

// Dir is the type's directory under internal-discovery: the name of Java's enum
// constant.
func (t NodeType) Dir() string {
	if t == MiddleManager {
		return "MIDDLE_MANAGER"
	}
	return strings.ToUpper(string(t))
}

// services are a node's services, kept as bytes: a dataNodeService has the key "type"
// twice, which a decoded object would lose.
type services []NodeService

func (s services) MarshalJSON() ([]byte, error) {
	var all fields
	for _, one := range s {
		all = append(all, field{one.Key, one.JSON})
	}
	return encodeObject(nil, all)
}

func (s *services) UnmarshalJSON(b []byte) error {
	*s = nil
	if string(b) == "null" {
		return nil
	}
	all, err := readFields(b)
	for _, f := range all {
		*s = append(*s, NodeService{f.key, f.value})
	}
	return err
}

func (d *DiscoveryNode) members() []member {
	return []member{
		{key: "druidNode", value: &d.Node},
		{key: "nodeType", value: &d.NodeType},
		{key: "services", value: (*services)(&d.Services)},
	}
}

// MarshalJSON writes the entry as Jackson does.
func (d DiscoveryNode) MarshalJSON() ([]byte, error) { return encodeObject(d.members(), d.unknown) }

// UnmarshalJSON reads it.
func (d *DiscoveryNode) UnmarshalJSON(b []byte) error {
	*d = DiscoveryNode{}
	return decodeObject(b, d.members(), &d.unknown)
}

// DataNodeService is the service of a data server: the polymorphic type first, the
// server's type later under the same key.
func DataNodeService(tier string, maxSize int64, serverType string, priority int) NodeService {
	return NodeService{Key: "dataNodeService", JSON: fmt.Appendf(nil,
		`{"type":"dataNodeService","tier":%s,"maxSize":%d,"type":%s,"priority":%d}`, quote(tier), maxSize, quote(serverType), priority)}
}

// LookupNodeService is the service of a node that takes lookups.
func LookupNodeService(tier string) NodeService {
	return NodeService{Key: "lookupNodeService", JSON: fmt.Appendf(nil, `{"type":"lookupNodeService","lookupTier":%s}`, quote(tier))}
}

// ServiceName is a service's name in curator-x-discovery: ':' for '/'.
func ServiceName(service string) string { return strings.ReplaceAll(service, "/", ":") }

func (s *ServiceInstance) members() []member {
	return []member{
		{key: "name", value: &s.Name},
		{key: "id", value: &s.ID},
		{key: "address", value: &s.Address},
		{key: "port", value: &s.Port},
		{key: "sslPort", value: &s.SSLPort},
		{key: "payload", value: nil, derived: true},
		{key: "registrationTimeUTC", value: &s.RegistrationTimeUTC},
		{key: "serviceType", value: "DYNAMIC", derived: true},
		{key: "uriSpec", value: nil, derived: true},
	}
}

// MarshalJSON writes the instance as Curator does.
func (s ServiceInstance) MarshalJSON() ([]byte, error) { return encodeObject(s.members(), s.unknown) }

// UnmarshalJSON reads it.
func (s *ServiceInstance) UnmarshalJSON(b []byte) error {
	*s = ServiceInstance{SSLPort: -1}
	return decodeObject(b, s.members(), &s.unknown)
}

func (w *Worker) members() []member {
	return []member{
		{key: "scheme", value: &w.Scheme},
		{key: "host", value: &w.Host},
		{key: "ip", value: &w.IP},
		{key: "capacity", value: &w.Capacity},
		{key: "version", value: &w.Version},
	}
}

// MarshalJSON writes the worker as Jackson does.
func (w Worker) MarshalJSON() ([]byte, error) { return encodeObject(w.members(), w.unknown) }

// UnmarshalJSON reads it; the default scheme is http.
func (w *Worker) UnmarshalJSON(b []byte) error {
	*w = Worker{Scheme: "http"}
	if err := decodeObject(b, w.members(), &w.unknown); err != nil {
		return fmt.Errorf("worker: %w", err)
	}
	if w.Host == "" {
		return fmt.Errorf("worker: no host in %.200s", b)
	}
	return nil
}
