package coordinator

import (
	"io"
	"net/http"

	"oakmoot/internal/run/node"
)

// passedOn are the request headers that are passed on to the overlord.
var passedOn = []string{"Content-Type", "Accept", "X-Druid-Author", "X-Druid-Comment"}

// serveOverlord passes a request on to the leading overlord: OverlordProxyServlet.
func (c *coordinator) serveOverlord(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit))
	if err != nil {
		node.WriteError(w, http.StatusBadRequest, err.Error())
		return
	}
	header := http.Header{}
	for _, name := range passedOn {
		if v := r.Header.Values(name); len(v) > 0 {
			header[name] = v
		}
	}
	resp, err := c.overlord.Do(r.Context(), r.Method, r.URL.RequestURI(), body, header)
	if err != nil {
		node.WriteError(w, http.StatusServiceUnavailable, err.Error())
		return
	}
	defer resp.Body.Close()
	if t := resp.Header.Get("Content-Type"); t != "" {
		w.Header().Set("Content-Type", t)
	}
	w.WriteHeader(resp.StatusCode)
	_, _ = io.Copy(w, resp.Body) // one of the two has gone away
}
