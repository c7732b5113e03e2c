package control

import (
	"crypto/subtle"
	"mime"
	"net"
	"net/http"
	"strings"

	"oakmoot/control/page"
	"oakmoot/internal/run/webguard"
)

// guard refuses what a web page on another site could send ([webguard.Guard]), a write without a JSON body and, off
// loopback, anyone without the token.
type guard struct {
	next   http.Handler
	listen net.Addr
	token  string
}

func (g guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// Off loopback the token protects the address, and any name may lead here.
	own := webguard.Guard{Listener: g.listen, AnyHost: g.token != ""}
	if err := own.Check(r); err != nil {
		refuse(w, http.StatusForbidden, err.Error())
		return
	}
	if !page.Static(r) && !g.authorised(r) {
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

func (g guard) authorised(r *http.Request) bool {
	if g.token == "" {
		return true
	}
	given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		given = r.URL.Query().Get("token") // for the page, which a browser opens by its URL
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
