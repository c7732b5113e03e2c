package control

import (
	"crypto/subtle"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// guard refuses what a web page on another site could send: a foreign Origin, a
// Host that is not this listener's (DNS rebinding), a write without a JSON body,
// and, off loopback, whoever does not know the token.
type guard struct {
	next   http.Handler
	listen net.Addr
	token  string
}

func (g guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !g.ownHost(r.Host) {
		refuse(w, http.StatusForbidden, "this Host is not mine: "+r.Host)
		return
	}
	if origin := r.Header.Get("Origin"); origin != "" && !g.ownOrigin(origin) {
		refuse(w, http.StatusForbidden, "foreign Origin: "+origin)
		return
	}
	if !g.authorised(r) {
		w.Header().Set("WWW-Authenticate", "Bearer")
		refuse(w, http.StatusUnauthorized, "a token is needed: Authorization: Bearer TOKEN")
		return
	}
	if r.Method == http.MethodPost && strings.HasPrefix(r.URL.Path, "/api/") && !isJSON(r) {
		refuse(w, http.StatusUnsupportedMediaType, "Content-Type must be application/json")
		return
	}
	g.next.ServeHTTP(w, r)
}

// ownHost tells whether a Host header names this listener: its own address, or,
// on loopback, any name of loopback with its port. Off loopback the token is
// what protects, and any name may lead here.
func (g guard) ownHost(hostport string) bool {
	if g.token != "" {
		return true
	}
	host, port, err := net.SplitHostPort(hostport)
	if err != nil {
		return false
	}
	_, own, err := net.SplitHostPort(g.listen.String())
	if err != nil || port != own {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (g guard) ownOrigin(origin string) bool {
	u, err := url.Parse(origin)
	return err == nil && u.Scheme == "http" && g.ownHost(u.Host)
}

func (g guard) authorised(r *http.Request) bool {
	if g.token == "" {
		return true
	}
	given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		given = r.URL.Query().Get("token") // for the page, which a browser opens by its address
	}
	return subtle.ConstantTimeCompare([]byte(given), []byte(g.token)) == 1
}

func isJSON(r *http.Request) bool {
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && mediaType == "application/json"
}

func refuse(w http.ResponseWriter, code int, why string) {
	http.Error(w, why, code)
}
