package browser

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/hashicorp/go-hclog"

	"oakmoot/control"
	"oakmoot/interop/browser/screen"
)

// A cluster that does not answer any more is a banner and grey nodes, and the page comes back by itself.
func TestDeadCluster(t *testing.T) {
	var dead atomic.Bool
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: running.Addresses().Control})
	director := proxy.Director
	proxy.Director = func(r *http.Request) {
		director(r)
		r.Host = r.URL.Host
		r.Header.Del("Origin")
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if dead.Load() {
			panic(http.ErrAbortHandler) // closes the connection
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	p := openAt(t, server.URL+"/", desktop, false)
	p.has(".node.up")
	p.has(".latches td")
	dead.Store(true)
	server.CloseClientConnections()
	p.shows(".away", "Nobody has answered for")
	p.shows(".live", "no answer")
	p.until(`document.querySelectorAll(".node.unknown").length === 10 && !document.querySelector(".node.up")`)
	p.until(`!document.querySelector(".crown") && !document.querySelector(".live.on")`)
	p.shoot("desktop-light-away")
	p.click(`[aria-label^="Chapter 2"]`)
	chapter(p, "2")
	p.click(`[aria-label^="Chapter 1"]`)
	p.has(".latches.old td") // as it was last known
	dead.Store(false)
	p.until(`!document.querySelector(".away") && document.querySelectorAll(".node.up").length === 10`)
}

// Nothing is wider than a phone's screen, in any view.
func TestPhoneIsNotTooWide(t *testing.T) {
	for _, dark := range []bool{false, true} {
		p := openAt(t, "http://"+running.Addresses().Control+"/", screen.Sizes[2], dark)
		narrow := func(view string) {
			t.Helper()
			wide := eval[[]string](p, `document.documentElement.scrollWidth <= 375 && document.body.scrollWidth <= 375 ? [] : [...document.querySelectorAll("main *")].filter((e) => e.getBoundingClientRect().right > 376).map((e) => e.tagName + "." + e.className).slice(0, 5)`)
			if len(wide) > 0 {
				t.Errorf("%s is wider than the screen: %q", view, wide)
			}
		}
		p.has(".node")
		for n := 1; n <= 6; n++ {
			p.click(fmt.Sprintf(`[aria-label^="Chapter %d"]`, n))
			chapter(p, fmt.Sprint(n))
			narrow(fmt.Sprintf("chapter %d", n))
		}
		p.free()
		for _, tab := range []string{"tree", "segments", "tasks", "faults", "ladder"} {
			p.click("#tab-" + tab)
			p.has(fmt.Sprintf(`#tab-%s[aria-selected="true"]`, tab))
			narrow(tab)
		}
		p.click(`[data-node="historical-1"] .body`)
		p.has(".sheet")
		narrow("a node")
	}
}

// A page that was opened with the token in its address has it for everything that it asks.
func TestToken(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- control.Serve(ctx, ln, running, control.Options{Token: "a secret&", Log: hclog.NewNullLogger()})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	p := openAt(t, "http://"+ln.Addr().String()+"/?token="+url.QueryEscape("a secret&"), desktop, false).free()
	p.has(".node.up.leader")
	p.has(".step")
	p.must(p.page.Type("#expression", "disconnect historical.historical-1\r"))
	p.shows(".asks .done", "→ historical-1")
}
