package fault_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"oakmoot/internal/run/fault"
	"oakmoot/internal/zk/zkwire"
)

func TestFaultArmedDuringAnExchangeFindsTheNext(t *testing.T) {
	bubble(t, func(t *testing.T, r rig) {
		const request, body, head, rest = "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 40\r\n\r\n", "POST /not/a/request HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Le", "ngth: 2\r\n\r\nok"
		send(t, r.node, request)
		receive(t, r.peer, request)
		armed := arm(t, r.link, fault.Answer{Status: 500}, fault.Rule{HTTP: &fault.Exchanges{}})
		send(t, r.node, body)
		receive(t, r.peer, body)
		send(t, r.peer, head)
		receive(t, r.node, head)
		send(t, r.peer, rest)
		receive(t, r.node, rest)
		if n := armed.Touched().Messages; n != 0 {
			t.Errorf("touched %d messages of the exchange under way", n)
		}
		send(t, r.node, request+strings.Repeat("x", 40))
		receive(t, r.node, "HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 26\r\n\r\n500 Internal Server Error\n")
		silent(t, "peer", r.peer)
	})
}

func TestAnswersOfPipelinedRequestsKeepTheirOrder(t *testing.T) {
	bubble(t, func(t *testing.T, r rig) {
		arm(t, r.link, fault.Answer{Status: 404}, fault.Rule{HTTP: &fault.Exchanges{Resource: "/b"}})
		get := func(path string) string { return "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n" }
		send(t, r.node, get("/a")+get("/b")+get("/c"))
		receive(t, r.peer, get("/a")+get("/c"))
		silent(t, "node", r.node)
		const a, c = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nc"
		const b = "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 14\r\n\r\n404 Not Found\n"
		send(t, r.peer, a+c)
		receive(t, r.node, a+b+c)
	})
}

func TestClientThatExpectsAHundredIsServed(t *testing.T) {
	for name, effect := range map[string]fault.Effect{"answered": fault.Answer{Status: 503}, "doubled": fault.Double{}} {
		t.Run(name, func(t *testing.T) {
			httpBubble(t, func(r *httpRig) {
				r.client.Transport.(*http.Transport).ExpectContinueTimeout = time.Hour
				r.arm(effect, posts("/a"))
				q, err := http.NewRequestWithContext(r.t.Context(), "POST", "http://127.0.0.1:1/a", strings.NewReader("body"))
				if err != nil {
					r.t.Fatal(err)
				}
				q.Header.Set("Expect", "100-continue")
				start := time.Now()
				a, err := r.client.Do(q)
				if err != nil {
					r.t.Fatal(err)
				}
				defer a.Body.Close()
				if text, err := io.ReadAll(a.Body); err != nil || time.Since(start) != 0 {
					r.t.Errorf("got %q, %v after %v; want it at once", text, err, time.Since(start))
				}
			})
		})
	}
}

func TestFaultForOneProtocolLeavesTheOther(t *testing.T) {
	zkBubble(t, func(r *zkRig) {
		http := r.arm(fault.Lose{}, fault.Rule{HTTP: &fault.Exchanges{}})
		if r.getData("/a"); r.serve() != r.reply().Xid {
			t.Error("a request was touched")
		}
		both := r.arm(fault.Answer{Code: zkwire.NoNode, Status: 404}, fault.Rule{})
		r.getData("/a")
		if got := r.reply(); got.Code != zkwire.NoNode {
			t.Errorf("got %+v", got)
		}
		if http.Touched().Messages != 0 || both.Touched().Messages != 1 {
			t.Errorf("touched %+v and %+v", http.Touched(), both.Touched())
		}
	})
}

func TestClosedInTheMiddleOfAMessageGivesWhatWasSent(t *testing.T) {
	for _, text := range []string{"GET /a HT", "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf"} {
		bubble(t, func(t *testing.T, r rig) {
			arm(t, r.link, fault.Double{}, posts("/**"))
			send(t, r.node, text)
			synctest.Wait()
			r.node.Close()
			if got, err := io.ReadAll(r.peer); string(got) != text || err != nil {
				t.Errorf("peer: got %q, %v; want %q", got, err, text)
			}
		})
	}
}
