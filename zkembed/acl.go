package zkembed

import (
	"crypto/sha1"
	"encoding/base64"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"oakmoot/internal/zk/zkwire"
)

var (
	superID = zkwire.ID{Scheme: "super", ID: ""}
	anyone  = zkwire.ID{Scheme: "world", ID: "anyone"}
)

// rights decide who may do what: ZooKeeperServer.checkACL and its settings.
type rights struct {
	skip bool // anybody may do anything: skipACL
	x509 bool // identities may be the subjects of certificates
}

// permit is ZooKeeperServer.checkACL: any entry that grants one of the wanted
// permissions to one of the identities.
func (r rights) permit(acl []zkwire.ACL, wanted zkwire.Perm, ids []zkwire.ID) bool {
	if len(acl) == 0 || r.skip {
		return true
	}
	for _, a := range acl {
		if a.Perms&wanted != 0 && grants(a.ID, ids) {
			return true
		}
	}
	return slices.Contains(ids, superID)
}

func grants(to zkwire.ID, ids []zkwire.ID) bool {
	if to == anyone {
		return true
	}
	for _, id := range ids {
		if id.Scheme == to.Scheme && matches(id, to.ID) {
			return true
		}
	}
	return false
}

func matches(id zkwire.ID, pattern string) bool {
	if id.Scheme == "ip" {
		prefix, ok := parsePrefix(pattern)
		addr, err := netip.ParseAddr(id.ID)
		return ok && err == nil && prefix.Contains(addr.Unmap())
	}
	return id.ID == pattern
}

// parsePrefix reads "address" or "address/bits".
func parsePrefix(text string) (netip.Prefix, bool) {
	host, bits, hasBits := strings.Cut(text, "/")
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Prefix{}, false
	}
	n := addr.BitLen()
	if hasBits {
		if n, err = strconv.Atoi(bits); err != nil {
			return netip.Prefix{}, false
		}
	}
	p, err := addr.Prefix(n)
	return p, err == nil
}

// fix is PrepRequestProcessor.fixupACL: duplicates go, "auth" becomes the
// caller's own identities, and what no scheme knows is refused.
func (r rights) fix(list []zkwire.ACL, ids []zkwire.ID) ([]zkwire.ACL, zkwire.Code) {
	valid := len(list) > 0
	var fixed []zkwire.ACL
	for i, a := range list {
		switch {
		case slices.Contains(list[:i], a):
		case a.ID.Scheme == "auth":
			own := proved(a.Perms, ids)
			valid = valid && len(own) > 0
			fixed = append(fixed, own...)
		case a.ID == anyone || validID(a.ID) || r.x509 && validSubject(a.ID):
			fixed = append(fixed, a)
		default:
			valid = false
		}
	}
	if !valid {
		return nil, zkwire.InvalidACL
	}
	return fixed, zkwire.OK
}

// proved are entries for the identities that a caller has proved.
func proved(perms zkwire.Perm, ids []zkwire.ID) []zkwire.ACL {
	var own []zkwire.ACL
	for _, id := range ids {
		if id.Scheme == "digest" || id.Scheme == schemeX509 {
			own = append(own, zkwire.ACL{Perms: perms, ID: id})
		}
	}
	return own
}

func validID(id zkwire.ID) bool {
	switch id.Scheme {
	case "digest":
		return strings.Count(strings.TrimRight(id.ID, ":"), ":") == 1
	case "ip":
		_, ok := parsePrefix(id.ID)
		return ok
	}
	return false
}

// validSubject reports whether an identity is the subject of a certificate; only a
// server that checks certificates accepts it.
func validSubject(id zkwire.ID) bool { return id.Scheme == schemeX509 && strings.Contains(id.ID, "=") }

// digestID is DigestAuthenticationProvider's identity for "user:password".
func digestID(credential string) zkwire.ID {
	user, _, _ := strings.Cut(credential, ":")
	sum := sha1.Sum([]byte(credential))
	return zkwire.ID{Scheme: "digest", ID: user + ":" + base64.StdEncoding.EncodeToString(sum[:])}
}

// ipID is the identity that every connection has.
func ipID(addr net.Addr) zkwire.ID {
	host, _, err := net.SplitHostPort(addr.String())
	if err != nil {
		host = "127.0.0.1"
	}
	return zkwire.ID{Scheme: "ip", ID: host}
}
