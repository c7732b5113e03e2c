package observe

import (
	"fmt"
	"net"
	"strconv"

	"oakmoot/internal/druid"
	"oakmoot/internal/zk/zkpath"
)

// leaderServices are the services that only the leader of a kind announces:
// CoordinatorSelectorConfig and IndexingServiceSelectorConfig name them.
var leaderServices = map[string]string{"coordinator": druid.ServiceName("druid/coordinator"), "overlord": druid.ServiceName("druid/overlord")}

// serviceKind is an instance of curator-x-discovery.
var serviceKind = znodeKind{
	decode: reads[druid.ServiceInstance],
	host: func(_ zkpath.Parsed, says any) string {
		s, ok := says.(druid.ServiceInstance)
		if !ok {
			return ""
		}
		return net.JoinHostPort(s.Address, strconv.Itoa(s.Port))
	},
	show: func(s *Shown, e *entry, put bool) {
		if instance, ok := e.says.(druid.ServiceInstance); ok {
			set(s.services, put, instance.Name, e.path, e.host)
		}
	},
	tell: func(e *Event, s story) {
		e.Protocol = Discovery
		e.Verb = s.choose("service announced", "service changed", "service withdrawn")
		if kind := KindOfLeaderService(s.Group); kind != "" {
			e.Protocol, e.Verb = Election, kind+" "+s.choose("leads", "still leads", "no longer leads")
		}
		e.Subject = s.Group
		if instance, ok := s.says.(druid.ServiceInstance); ok {
			e.Detail = fmt.Sprintf("%s:%d", instance.Address, instance.Port)
		}
	},
}

// KindOfLeaderService is the kind whose leader alone announces a service, or "".
func KindOfLeaderService(service string) string {
	for kind, name := range leaderServices {
		if name == service {
			return kind
		}
	}
	return ""
}
