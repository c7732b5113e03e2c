package control

import (
	"net/http"
	"net/http/httputil"
	"net/url"
)

// passThrough says which kind of node answers the paths under a prefix, as in Druid's router.
var passThrough = map[string]string{
	"/druid/coordinator/": "coordinator",
	"/druid/indexer/":     "overlord",
	"/druid/broker/":      "broker",
	"/druid/v2":           "broker",
	"/druid/v2/":          "broker",
	"/status":             "broker", // a router would answer of itself
	"/status/":            "broker",
}

// ofBrowser are the headers that say which page sent a request. This address's guard has checked them; a node would
// treat this address as a foreign one.
var ofBrowser = []string{"Origin", "Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest"}

// pass forwards a request to the leading node of a kind, or says that none leads.
func (s *server) pass(kind string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, err := s.backend.Leader(r.Context(), kind)
		if err != nil {
			writeError(w, err)
			return
		}
		if host == "" {
			refuse(w, http.StatusServiceUnavailable, "no "+kind+" leads at the moment")
			return
		}
		s.proxy(host).ServeHTTP(w, r)
	})
}

func (s *server) proxy(host string) *httputil.ReverseProxy {
	return &httputil.ReverseProxy{
		Transport: s.opts.Transport,
		Rewrite: func(pr *httputil.ProxyRequest) {
			pr.SetURL(&url.URL{Scheme: "http", Host: host})
			for _, header := range ofBrowser {
				pr.Out.Header.Del(header)
			}
			pr.Out.Header.Del("Authorization") // the token is for this address only
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			refuse(w, http.StatusBadGateway, host+": "+err.Error())
		},
	}
}
