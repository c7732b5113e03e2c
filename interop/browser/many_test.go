package browser

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
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

// serveMany serves the page, and as much of the API as it needs to draw a status: the nodes only until they are gone.
func serveMany(st cluster.Status, gone *atomic.Bool) http.Handler {
	answer := func(w http.ResponseWriter, v any) { _ = json.NewEncoder(w).Encode(v) } // the page has gone away
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", page.Serve)
	mux.HandleFunc("GET "+page.Prefix, page.Serve)
	mux.HandleFunc("GET /api/status", func(w http.ResponseWriter, _ *http.Request) {
		first := st
		first.Nodes = st.Nodes[:100]
		answer(w, first)
	})
	mux.HandleFunc("GET /api/nodes", func(w http.ResponseWriter, _ *http.Request) {
		if gone.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		answer(w, st.Nodes[100:])
	})
	mux.HandleFunc("GET /api/trace", func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).Flush() // as above
		<-r.Context().Done()
	})
	return mux
}

// A thousand historicals are one compact block. To draw a change of twenty of them touches those, and takes less than a
// frame of 50 ms.
func TestThousandNodesAreSmooth(t *testing.T) {
	var gone atomic.Bool // from when on the page draws what the test tells it
	server := httptest.NewServer(serveMany(many(1000), &gone))
	t.Cleanup(server.CloseClientConnections)
	p := openAt(t, server.URL+"/", desktop, false).free()
	p.until(`document.querySelectorAll(".node").length === 1002`)
	gone.Store(true)
	const changes, each = 15, 20
	type cost struct {
		Took    []float64 // milliseconds
		Touched int       // attributes, texts and elements
	}
	drawn := eval[cost](p, fmt.Sprintf(`(async () => {
		const { store } = await import("/page/state.js"), Took = [];
		let Touched = 0;
		const observer = new MutationObserver((records) => (Touched += records.length));
		observer.observe(document.querySelector(".picture"), { subtree: true, childList: true, attributes: true, characterData: true });
		for (let i = 0; i < %d; i++) {
			const began = performance.now();
			store.set((s) => ({ more: s.more.map((n, at) => (at %% 45 === i && at < 45 * %d ? { ...n, state: n.state === "up" ? "killed" : "up" } : n)) }));
			await new Promise((done) => setTimeout(done)); // the page has drawn by then
			document.body.offsetHeight; // and the browser has laid it out
			Took.push(performance.now() - began);
		}
		observer.disconnect();
		return { Took, Touched };
	})()`, changes, each))
	if quickest := slices.Min(drawn.Took); quickest > 50 { // the others tell of what else the machine does
		t.Errorf("to draw a change took %.0f ms, want less than 50: %.0f", quickest, drawn.Took)
	}
	if drawn.Touched < changes*each || drawn.Touched > 5*changes*each {
		t.Errorf("%d changes of %d nodes touched %d things, want a few of each node", changes, each, drawn.Touched)
	}
	t.Logf("took %.0f ms, touched %d things", drawn.Took, drawn.Touched)
	p.until(`document.querySelectorAll(".node.killed").length >= 280`) // one answer may still have been under way
	p.shoot("desktop-light-thousand")
}
