package zkembed

import "sync/atomic"

// ensemble is a server's endpoints, in the order of their numbers. Clients take them for
// the servers of an ensemble.
type ensemble struct {
	endpoints   []*Endpoint
	mayReadOnly atomic.Bool // one has been read-only: readonlymode.enabled
}

// begin listens at all of them.
func (e *ensemble) begin() error {
	for _, one := range e.endpoints {
		if err := one.begin(); err != nil {
			return err
		}
	}
	return nil
}

// end stops letting clients in at all of them.
func (e *ensemble) end() {
	for _, one := range e.endpoints {
		one.end()
	}
}

func (e *ensemble) addrs() []string {
	addrs := make([]string, len(e.endpoints))
	for i, one := range e.endpoints {
		addrs[i] = one.Addr()
	}
	return addrs
}

// at is the endpoint with an address, or else the first.
func (e *ensemble) at(address string) *Endpoint {
	for _, one := range e.endpoints {
		if one.Addr() == address {
			return one
		}
	}
	return e.endpoints[0]
}

// leader is the endpoint that the four-letter words call the leader: the first that
// serves. Only the state may ask.
func (e *ensemble) leader() *Endpoint {
	for _, one := range e.endpoints {
		if one.isOpen() && !one.readOnly && !one.link.isCut() {
			return one
		}
	}
	return nil
}

// followers counts the endpoints that call themselves followers and can be reached.
func (e *ensemble) followers() int {
	n := 0
	for _, one := range e.endpoints {
		if one.isOpen() && !one.link.isCut() && one.mode() == "follower" {
			n++
		}
	}
	return n
}

// mode is what the endpoint calls itself: ServerStats.getServerState.
func (e *Endpoint) mode() string {
	all := &e.srv.ensemble
	switch {
	case e.readOnly:
		return "read-only"
	case len(all.endpoints) == 1:
		return "standalone"
	case all.leader() == e:
		return "leader"
	}
	return "follower"
}

// serverID is a server's number in an ensemble; one that stands alone is 0.
func (e *Endpoint) serverID() int {
	if len(e.srv.ensemble.endpoints) == 1 {
		return 0
	}
	return e.number + 1
}
