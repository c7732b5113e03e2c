package zkembed

import (
	"fmt"
	"slices"

	"oakmoot/internal/zk/zkwire"
)

// refuseUnproved cuts off a connection that has no identity of a scheme that is
// asked for, whatever it requests but to prove one: AuthenticationHelper. Its session
// stays until it expires.
func (r *request) refuseUnproved() bool {
	s := r.state
	if len(s.opts.EnforceAuth) == 0 || r.code == zkwire.OpAuth || r.code == zkwire.OpSASL {
		return false
	}
	if slices.ContainsFunc(r.conn.ids, func(id zkwire.ID) bool { return slices.Contains(s.opts.EnforceAuth, id.Scheme) }) {
		return false
	}
	s.stats.authFailed++
	r.replyAt(0, zkwire.SessionClosedRequireAuth)
	r.hangUp()
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
