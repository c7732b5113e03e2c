// Package webguard distinguishes the requests of programs and of a listener's own pages
// from those that a page of another site has a browser send. A browser names the
// page's site in Origin and Sec-Fetch-Site, which no page can change, and the name
// that it looked up in Host, which shows a name that was rebound to this address.
// Druid's clients, curl and other programs send none of the first two, and the
// host:port that they connect to as the third.
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
	// Host is a name under which others know the listener, such as druid.host;
	// "" for none but its address.
	Host string
	// AnyHost lets any name lead here, and a page of that name ask: for an address
	// that asks for a token, or that off loopback can only be read.
	AnyHost bool
}

// Refusal is a request that is not served, and why.
type Refusal struct{ Reason string }

func (r *Refusal) Error() string { return r.Reason }

// Check is the *Refusal of a request that a foreign page may have sent, or nil.
func (g Guard) Check(r *http.Request) error {
	if !g.ownHost(r.Host) {
		return &Refusal{fmt.Sprintf("this Host is not mine: %q", r.Host)}
	}
	for _, origin := range r.Header.Values("Origin") {
		if !g.ownOrigin(r, origin) {
			return &Refusal{fmt.Sprintf("foreign Origin: %q", origin)}
		}
	}
	for _, site := range r.Header.Values("Sec-Fetch-Site") {
		if site != "same-origin" && site != "none" && !followsLink(r) {
			return &Refusal{fmt.Sprintf("a page of another site asks: Sec-Fetch-Site: %q", site)}
		}
	}
	return nil
}

// followsLink reports whether somebody opens this address in a tab of their own, of which
// the page with the link sees nothing.
func followsLink(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) &&
		r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document"
}

// ownHost reports whether a Host header names this listener: by its port, and by its
// address, the configured name or any name of loopback. A listener on every address
// cannot tell which are its own, and none needs a name that could be rebound.
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

// ownName reports whether a name cannot lead anywhere else: one of loopback, or the
// listener's own.
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

// ownOrigin reports whether a page is one that this listener has served, or that a proxy before it
// has: a router of Druid passes the console's requests on as they came, with its own
// address in X-Forwarded-Host. No page can set Via.
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
