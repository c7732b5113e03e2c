// Package webguard tells the requests of programs and of a listener's own pages from those that a page of another
// site has a browser send. A browser names the page's site in Origin and Sec-Fetch-Site, which no page can change,
// and the name that it looked up in Host, which reveals a name rebound to this address. Druid's clients, curl and
// other programs do not send the first two, and the third is the host:port they connect to.
package webguard

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// Guard knows the names of one listener.
type Guard struct {
	Listener net.Addr
	// Host is a name by which others know the listener, such as druid.host; "" if only its address.
	Host string
	// AnyHost lets any name lead here, and pages of that name make requests: for an address that wants a token, or
	// that is read-only off loopback.
	AnyHost bool
}

// Refusal says why a request is not served.
type Refusal struct{ Reason string }

func (r *Refusal) Error() string { return r.Reason }

// Check returns a *Refusal for a request that a foreign page may have sent, or nil.
func (g Guard) Check(r *http.Request) error {
	if !g.ownHost(r.Host) {
		return &Refusal{fmt.Sprintf("this server does not go by the Host %q", r.Host)}
	}
	for _, origin := range r.Header.Values("Origin") {
		if !g.ownOrigin(r, origin) {
			return &Refusal{fmt.Sprintf("foreign Origin: %q", origin)}
		}
	}
	for _, site := range r.Header.Values("Sec-Fetch-Site") {
		if site != "same-origin" && site != "none" && !followsLink(r) {
			return &Refusal{fmt.Sprintf("request from a page of another site: Sec-Fetch-Site: %q", site)}
		}
	}
	return nil
}

// followsLink reports whether somebody opens this address in a tab of their own; the page with the link sees nothing
// of it.
func followsLink(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) &&
		r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document"
}

// ownHost reports whether a Host header names this listener: by its port, and by its address, the configured name or
// any name of loopback. A listener on every address cannot tell which addresses are its own, and none of them is a
// name that could be rebound.
func (g Guard) ownHost(hostport string) bool {
	if g.AnyHost {
		return true
	}
	host, port, err := net.SplitHostPort(hostport)
	if err != nil {
		return false
	}
	own, ownPort, err := net.SplitHostPort(g.Listener.String())
	return err == nil && port == ownPort && (g.ownName(host) || sameAddress(host, own))
}

// ownName reports whether a name can only lead here: one of loopback, or the listener's own.
func (g Guard) ownName(host string) bool {
	host = strings.TrimSuffix(host, ".")
	if strings.EqualFold(host, "localhost") || g.Host != "" && strings.EqualFold(host, strings.Trim(g.Host, "[]")) {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

func sameAddress(host, own string) bool {
	ip, ownIP := net.ParseIP(host), net.ParseIP(own)
	if ip == nil {
		return false
	}
	return own == "" || ownIP != nil && (ownIP.IsUnspecified() || ownIP.Equal(ip))
}

// ownOrigin reports whether a page was served by this listener, or by a proxy in front of it: a Druid router passes
// the console's requests on unchanged, with its own address in X-Forwarded-Host. No page can set Via.
func (g Guard) ownOrigin(r *http.Request, origin string) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Scheme != "http" {
		return false
	}
	if g.AnyHost {
		return u.Host == r.Host
	}
	if g.ownHost(u.Host) {
		return true
	}
	if r.Header.Get("Via") == "" || u.Host == "" || u.Host != r.Header.Get("X-Forwarded-Host") {
		return false
	}
	return g.ownName(u.Hostname()) || net.ParseIP(u.Hostname()) != nil
}
