package zkembed

// leader is the endpoint that the four-letter words call so: the first that serves.
// The state asks.
func (s *Server) leader() *Endpoint {
	for _, e := range s.endpoints {
		if e.isOpen() && !e.readOnly && !e.link.isCut() {
			return e
		}
	}
	return nil
}

// mode is what the endpoint calls itself.
func (e *Endpoint) mode() string {
	switch {
	case e.readOnly:
		return "read-only"
	case len(e.srv.endpoints) == 1:
		return "standalone"
	case e.srv.leader() == e:
		return "leader"
	}
	return "follower"
}

// serverID is a server's number in an ensemble; one that stands alone is 0.
func (e *Endpoint) serverID() int {
	if len(e.srv.endpoints) == 1 {
		return 0
	}
	return e.number + 1
}

// followers counts the endpoints that call themselves so and can be reached.
func (s *Server) followers() int {
	n := 0
	for _, e := range s.endpoints {
		if e.isOpen() && !e.link.isCut() && e.mode() == "follower" {
			n++
		}
	}
	return n
}
