package browser

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"oakmoot/cluster"
	"oakmoot/control/page"
)

// many is a status of a cluster with so many historicals.
func many(historicals int) cluster.Status {
	st := cluster.Status{Name: "many", Ready: true, Base: "/druid", Leaders: map[string]string{"coordinator": "coordinator-1"}, Used: map[string]int{}}
	for i := range 2 {
		st.Nodes = append(st.Nodes, cluster.Node{Name: fmt.Sprintf("coordinator-%d", i+1), Kind: "coordinator", State: "up", Leader: i == 0, Session: "0x1"})
	}
	for i := range historicals {
		st.Nodes = append(st.Nodes, cluster.Node{Name: fmt.Sprintf("historical-%d", i+1), Kind: "historical", Host: fmt.Sprintf("h%d:8083", i+1), State: "up", Session: fmt.Sprintf("0x%x", i+2)})
	}
	st.Total.Nodes = len(st.Nodes)
	return st
}

// serveMany serves the page, and as much of the API as it needs to draw a status.
func serveMany(st cluster.Status) http.Handler {
	answer := func(w http.ResponseWriter, v any) { _ = json.NewEncoder(w).Encode(v) } // the page has gone away
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", page.Serve)
	mux.HandleFunc("GET "+page.Prefix, page.Serve)
	mux.HandleFunc("GET /api/status", func(w http.ResponseWriter, _ *http.Request) {
		first := st
		first.Nodes = st.Nodes[:100]
		answer(w, first)
	})
	mux.HandleFunc("GET /api/nodes", func(w http.ResponseWriter, _ *http.Request) { answer(w, st.Nodes[100:]) })
	mux.HandleFunc("GET /api/trace", func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).Flush() // as above
		<-r.Context().Done()
	})
	return mux
}

// A thousand historicals are one compact block. To draw a change of them takes less than a frame of 50 ms.
func TestThousandNodesAreSmooth(t *testing.T) {
	server := httptest.NewServer(serveMany(many(1000)))
	t.Cleanup(server.CloseClientConnections)
	p := openAt(t, server.URL+"/", desktop, false).free()
	p.until(`document.querySelectorAll(".node").length === 1002`)
	took := eval[[]float64](p, `(async () => {
		const { store } = await import("/page/state.js"), took = [];
		for (let i = 0; i < 15; i++) {
			const began = performance.now();
			store.set((s) => ({ more: s.more.map((n, at) => (at % 50 === i ? { ...n, state: n.state === "up" ? "killed" : "up" } : n)) }));
			await new Promise((done) => setTimeout(done)); // the page has drawn by then
			document.body.offsetHeight; // and the browser has laid it out
			took.push(performance.now() - began);
		}
		return took;
	})()`)
	slices.Sort(took)
	if quick := took[len(took)/4]; quick > 50 { // the slower ones tell of what else the machine does
		t.Errorf("to draw a change took %.0f ms, want less than 50: %.0f", quick, took)
	} else {
		t.Logf("to draw a change took %.0f ms", took)
	}
	p.until(`document.querySelectorAll(".node.killed").length > 100`)
	p.shoot("desktop-light-thousand")
}
