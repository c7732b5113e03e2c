package observe

import "oakmoot/internal/druid"

// loadRequestKind is an entry of a server's load queue.
var loadRequestKind = znodeKind{
	decode: reads[druid.ChangeRequest],
	show: func(s *Shown, _ *entry, put bool) {
		if *s.work++; put {
			s.queued++
		} else {
			s.queued--
		}
	},
	tell: func(e *Event, s story) {
		request, _ := s.says.(druid.ChangeRequest) // if the content is foreign, the path still helps
		e.Protocol, e.Subject, e.Peer = Load, s.Name, s.Server
		e.Verb = request.Action + s.choose(" request", " request changed", s.unlessLapsed(" request done", " request lapsed"))
	},
}
