package zkembed

import (
	"fmt"
	"slices"

	"oakmoot/internal/zk/zkwire"
)

// refuseUnproved cuts off a connection that has no identity of a scheme that is
// asked for, whatever it requests but to prove one: AuthenticationHelper. Its session
// stays until it expires.
func (s *state) refuseUnproved(r *request) bool {
	if len(s.opts.EnforceAuth) == 0 || r.op == zkwire.OpAuth || r.op == zkwire.OpSASL {
		return false
	}
	if slices.ContainsFunc(r.conn.ids, func(id zkwire.ID) bool { return slices.Contains(s.opts.EnforceAuth, id.Scheme) }) {
		return false
	}
	s.stats.authFailed++
	s.replyAt(r, 0, zkwire.SessionClosedRequireAuth)
	s.hangUp(r.conn)
	return true
}

// checkSchemes refuses to enforce what nobody could prove.
func (o Options) checkSchemes() error {
	for _, scheme := range o.EnforceAuth {
		switch {
		case scheme == "digest", scheme == "ip", scheme == schemeX509 && o.TLSCA != "":
		case scheme == schemeX509:
			return fmt.Errorf("zookeeper: authentication by x509 is enforced, and there is no TLS CA to tell who it is")
		default:
			return fmt.Errorf("zookeeper: authentication by %q is enforced, and there is no such scheme: digest, ip or x509", scheme)
		}
	}
	return nil
}
