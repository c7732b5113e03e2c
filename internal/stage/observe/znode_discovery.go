package observe

import "oakmoot/internal/druid"

// discoveredKinds are the kinds whose only announcement is a discovery entry.
var discoveredKinds = map[druid.NodeType]string{druid.Broker: "broker", druid.Router: "router"}

// discoveryKind is an entry in internal-discovery.
var discoveryKind = znodeKind{
	decode: reads[druid.DiscoveryNode],
	host:   pathsServer,
	show: func(s *Shown, e *entry, put bool) {
		if d, ok := e.says.(druid.DiscoveryNode); ok {
			set(s.discovered, put, e.Server, e.path, d)
			s.show(discoveredKinds[d.NodeType], e.Server, e, put)
		}
	},
	tell: func(e *Event, s story) {
		e.Protocol = Discovery
		e.Verb = s.choose("node discovered", "node changed", "node gone")
		e.Subject = s.Server
	},
}
