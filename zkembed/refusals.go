package zkembed

import (
	"fmt"
	"slices"

	"oakmoot/internal/zk/zkwire"
)

// needsProof reports whether the connection still lacks an identity of one of the schemes
// that are enforced. It may ask for nothing but to prove one: AuthenticationHelper.
func (r *request) needsProof() bool {
	schemes := r.state.opts.EnforceAuth
	return len(schemes) > 0 && r.code != zkwire.OpAuth && r.code != zkwire.OpSASL &&
		!slices.ContainsFunc(r.conn.ids, func(id zkwire.ID) bool { return slices.Contains(schemes, id.Scheme) })
}

// needsWrites reports whether the request asks a read-only endpoint for a write. The end
// of a session that is not its own is one too.
func (r *request) needsWrites() bool {
	foreign := r.code == zkwire.OpCloseSession && r.conn.sess.home == nil
	return r.conn.at.readOnly && (r.op.refused || foreign)
}

// checkSchemes fails when a scheme is enforced that nobody could prove.
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
