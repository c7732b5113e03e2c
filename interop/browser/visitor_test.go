package browser

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"

	"oakmoot/cluster"
	"oakmoot/control"
	"oakmoot/interop/browser/screen"
)

// Back and forward, a link and a page that is opened anew find the place where the visitor was.
func TestAddress(t *testing.T) {
	p := open(t, desktop)
	p.click(`[aria-label^="Chapter 3"]`)
	chapter(p, "3")
	p.until(`location.hash === "#story/3"`)
	p.free()
	p.click("#tab-segments")
	p.until(`location.hash === "#play/segments"`)
	eval[bool](p, `(history.go(-2), true)`)
	chapter(p, "3")
	eval[bool](p, `(history.go(2), true)`)
	p.has(`#tab-segments[aria-selected="true"]`)

	p.must(p.page.Go("http://" + running.Addresses().Control + "/#play/tree/30"))
	p.shows(".slider .when b", "30")
	p.has(`#tab-tree[aria-selected="true"]`)
	p.until(`location.hash === "#play/tree/30"`)
	here := eval[string](p, "location.href")
	p.must(p.page.Go("about:blank"))
	p.must(p.page.Go(here))
	p.shows(".slider.back .when b", "30")
	p.click(".slider .live")
	p.until(`location.hash === "#play/tree"`)
	p.must(p.page.Go("http://" + running.Addresses().Control + "/#nonsense"))
	p.has(".node.up.leader")
}

// A double click is one act, and each click on the story's task submits another one.
func TestDoubleClick(t *testing.T) {
	p := open(t, desktop)
	p.click(`[aria-label^="Chapter 2"]`)
	p.has(".deed .main")
	p.must(p.page.DoubleClick(".deed .main"))
	p.has(".asks .done")
	first := p.text(".asks .done code")
	p.until(fmt.Sprintf("document.querySelector('.deed .main').dataset.do !== %q", first))
	p.click(".deed .main")
	p.until(fmt.Sprintf("document.querySelector('.asks .done code') && document.querySelector('.asks .done code').innerText !== %q", first))
	p.free()
	if n := eval[int](p, `document.querySelectorAll(".asks li").length`); n != 2 {
		t.Errorf("asked %d times, want 2: once for the double click and once for the click", n)
	}
}

// What the past shows is not acted upon, and looking back moves nothing.
func TestPastStandsStill(t *testing.T) {
	p := open(t, desktop).free()
	p.has("#expression")
	p.has(".slider .saying")
	const places = `JSON.stringify([".picture", '[aria-label="One step back"]', "aside"].map((s) => document.querySelector(s).getBoundingClientRect().y))`
	before := eval[string](p, places)
	p.click(`[aria-label="One step back"]`)
	p.shows("aside", "This is the past")
	if after := eval[string](p, places); after != before {
		t.Errorf("looking back moves what stood at %s to %s", before, after)
	}
	if n := eval[int](p, `document.querySelectorAll(".bywords").length`); n != 0 {
		t.Error("a fault can be asked for while the page shows the past")
	}
}

// The keyboard keeps its place when the button that it pressed vanishes, and comes back to the node from its sheet.
func TestFocusIsKept(t *testing.T) {
	t.Cleanup(func() { whole(t) })
	p := open(t, desktop).free()
	p.has(`[data-node="historical-2"]`)
	eval[bool](p, `(document.querySelector('[data-node="historical-2"]').focus(), true)`)
	p.press(screen.Enter)
	p.until(`document.activeElement.closest(".sheet")`)
	p.press(screen.Tab) // what dies with its session
	p.press(screen.Tab)
	p.until(`document.activeElement.dataset.verb === "kill"`)
	p.press(screen.Enter)
	p.has(`[data-verb="start"]`)
	p.until(`document.activeElement.closest(".sheet")`)
	p.press(screen.Escape)
	p.until(`document.activeElement.dataset.node === "historical-2" && !document.querySelector(".sheet")`)
}

// When another run answers at the same address, nothing of the one before is left.
func TestAnotherRun(t *testing.T) {
	topo := cluster.Quickstart()
	topo.Name, topo.Defaults.LogLevel = "another", "error"
	topo.Roles, topo.DataSources, topo.Streams, topo.Expects = topo.Roles[:1], nil, nil, nil
	other, err := cluster.New(topo, control.On("127.0.0.1:0", ""))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- other.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	select {
	case <-other.Ready():
	case err := <-done:
		done <- err
		t.Fatal(err)
	}
	var at atomic.Value
	at.Store(running.Addresses().Control)
	server := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: "http", Host: at.Load().(string)})
		r.Out.Header.Del("Origin")
	}, ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }})
	t.Cleanup(server.Close)
	p := openAt(t, server.URL+"/", desktop, false).free()
	p.must(p.page.Type("#expression", "kill nobody\r"))
	p.has(".asks .failed")
	p.click(`[aria-label="One step back"]`)
	p.has(".slider.back")
	at.Store(other.Addresses().Control)
	server.CloseClientConnections()
	p.shows("header", "another")
	p.until(`!document.querySelector(".slider.back") && !document.querySelector(".asks li")`)
	p.until(`[...document.querySelectorAll(".step")].some((s) => s.innerText.includes("coordinator leads"))`)
	p.until(`Number(document.querySelector(".step:last-child").dataset.seq) <= Number(document.querySelector(".slider .when b")?.innerText)`)
}
