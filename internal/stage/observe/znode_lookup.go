package observe

import "oakmoot/internal/zk/zkpath"

// lookupListenerKind is the entry of a node that takes lookups. Nobody asks for what it shows.
var lookupListenerKind = znodeKind{
	decode: func(zkpath.Parsed, []byte) any { return nil },
	show:   func(*Shown, *entry, bool) {},
	tell: func(e *Event, s story) {
		e.Protocol = Discovery
		e.Verb = s.choose("lookup listener announced", "lookup listener changed", "lookup listener gone")
		e.Subject, e.Detail = s.Server, "tier "+s.Group
	},
}
