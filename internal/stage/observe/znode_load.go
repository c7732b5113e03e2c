package observe

import (
	"oakmoot/internal/druid"
	"oakmoot/internal/zk/zkpath"
)

// loadRequestKind is an entry of a server's load queue.
var loadRequestKind = znodeKind{
	decode: readRequest,
	show: func(s *Shown, _ *entry, put bool) {
		if *s.work++; put {
			s.queued++
		} else {
			s.queued--
		}
	},
	tell: func(e *Event, s story) {
		request := requestOf(s.says)
		e.Protocol, e.Subject, e.Peer = Load, s.Name, s.Server
		e.Verb = request.Action + s.choose(" request", " request changed", s.unlessLapsed(" request done", " request lapsed"))
	},
}

func readRequest(_ zkpath.Parsed, content []byte) any {
	request, err := druid.ReadRequest(content)
	if err != nil {
		return nil
	}
	return request
}

// requestOf is what an entry of a load queue says: nothing if its content is foreign. The path still helps then.
func requestOf(says any) *druid.ChangeRequest {
	if request, ok := says.(*druid.ChangeRequest); ok {
		return request
	}
	return new(druid.ChangeRequest)
}
