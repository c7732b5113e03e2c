package peon

import (
	"net/http"
	"sync"

	"oakmoot/internal/run/node"
)

// chatHandler answers the chat requests of a task that has registered itself:
// ChatHandlerResource of Druid.
type chatHandler struct {
	mux *http.ServeMux

	mu      sync.Mutex // guards the variables below
	id      string
	handler http.Handler // nil while nothing is registered
}

func newChatHandler() *chatHandler {
	c := &chatHandler{mux: http.NewServeMux()}
	c.mux.HandleFunc("/druid/worker/v1/chat/{id}/{rest...}", c.pass)
	return c
}

// register has h answer for the id until the returned function is called.
func (c *chatHandler) register(id string, h http.Handler) (unregister func()) {
	c.set(id, h)
	return func() { c.set("", nil) }
}

func (c *chatHandler) set(id string, h http.Handler) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.id, c.handler = id, h
}

func (c *chatHandler) find(id string) http.Handler {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.id != id {
		return nil
	}
	return c.handler
}

func (c *chatHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) { c.mux.ServeHTTP(w, r) }

// pass passes a request on as the registered handler expects it.
func (c *chatHandler) pass(w http.ResponseWriter, r *http.Request) {
	h := c.find(r.PathValue("id"))
	if h == nil {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	inner := r.Clone(r.Context())
	inner.URL.Path, inner.URL.RawPath = "/"+r.PathValue("rest"), ""
	h.ServeHTTP(w, inner)
}

// RegisterChat has h answer requests below /druid/worker/v1/chat/{id}, of which it sees
// only the rest of the path, until the returned function is called.
func (p *Peon) RegisterChat(id string, h http.Handler) (unregister func()) {
	return p.chat.register(id, h)
}

// chat answers for an index task.
func (p *progress) chat() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /rowStats", func(w http.ResponseWriter, r *http.Request) {
		node.WriteJSON(w, http.StatusOK, p.rowStats(node.Present(r, "full")))
	})
	mux.HandleFunc("GET /unparseableEvents", func(w http.ResponseWriter, r *http.Request) {
		node.WriteJSON(w, http.StatusOK, p.unparseableEvents(node.Present(r, "full")))
	})
	return mux
}
