package observe

import (
	"strings"

	"oakmoot/internal/druid"
)

// serverKinds are the kinds that a server's announcement is a sign of.
var serverKinds = map[string]string{druid.TypeHistorical: "historical", druid.TypeRealtime: "realtime"}

// serverKind is a data server's announcement of itself.
var serverKind = znodeKind{
	decode: reads[druid.ServerMetadata],
	host:   pathsServer,
	show: func(s *Shown, e *entry, put bool) {
		if meta, ok := e.says.(druid.ServerMetadata); ok {
			s.segments.announce(e.Server, e.path, meta, put)
			s.show(serverKinds[meta.Type], e.Server, e, put)
		}
	},
	tell: func(e *Event, s story) {
		meta, _ := s.says.(druid.ServerMetadata) // if the content is foreign, the path still helps
		e.Protocol = Announcement
		e.Verb = s.choose("server announced", "server changed", "server gone")
		e.Subject, e.Detail = s.Server, strings.TrimSpace(meta.Type+" "+meta.Tier)
	},
}

// KindOfServer is the kind whose nodes announce themselves as servers of a type, or "".
func KindOfServer(serverType string) string { return serverKinds[serverType] }
