package fault_test

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"oakmoot/internal/run/fault"
	"oakmoot/internal/run/memnet"
)

// httpRig is a client and a server of HTTP, one of which is behind a link.
type httpRig struct {
	t      *testing.T
	link   *fault.Link
	client *http.Client

	mu  sync.Mutex
	got []string // requests, as the server has seen them
}

// sides are who is behind the link.
var sides = []string{"client behind the link", "server behind the link"}

// httpBubble runs f for the client's side of a link and for the server's.
func httpBubble(t *testing.T, f func(r *httpRig)) {
	for _, side := range sides {
		t.Run(side, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { f(newHTTPRig(t, side == sides[0])) })
		})
	}
}

func newHTTPRig(t *testing.T, clientSide bool) *httpRig {
	n := memnet.New()
	ln, err := n.Listen("127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	r := &httpRig{t: t, link: fault.NewLink(n.DialContext, rand.New(rand.NewPCG(1, 1)))}
	transport := &http.Transport{DialContext: n.DialContext}
	if clientSide {
		transport.DialContext = r.link.DialHTTP
	} else {
		ln = r.link.WrapListener(ln)
	}
	r.client = &http.Client{Transport: transport}
	server := &http.Server{Handler: r}
	go server.Serve(ln)
	t.Cleanup(func() {
		r.link.Cut()
		server.Close()
		transport.CloseIdleConnections()
	})
	return r
}

// ServeHTTP answers with what was asked, and how often something has been.
func (r *httpRig) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(q.Body)
	if err != nil {
		return
	}
	r.mu.Lock()
	r.got = append(r.got, fmt.Sprintf("%s %s %s", q.Method, q.URL, body))
	n := len(r.got)
	r.mu.Unlock()
	if q.URL.Path == "/chunked" {
		for range 3 {
			io.WriteString(w, strings.Repeat("x", 100))
			w.(http.Flusher).Flush()
		}
	}
	fmt.Fprintf(w, "%d", n)
}

func (r *httpRig) served() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

// do sends a request; the answer is its status and body.
func (r *httpRig) do(method, resource, body string) (string, error) {
	q, err := http.NewRequestWithContext(r.t.Context(), method, "http://127.0.0.1:1"+resource, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	a, err := r.client.Do(q)
	if err != nil {
		return "", err
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	return fmt.Sprintf("%d %s", a.StatusCode, text), err
}

// want checks the answer to a request.
func (r *httpRig) want(method, resource, body, want string) {
	r.t.Helper()
	if got, err := r.do(method, resource, body); got != want || err != nil {
		r.t.Errorf("%s %s: got %q, %v; want %q", method, resource, got, err, want)
	}
}

func (r *httpRig) arm(e fault.Effect, rule fault.Rule) *fault.Armed {
	r.t.Helper()
	a, err := r.link.Arm(e, rule)
	if err != nil {
		r.t.Fatal(err)
	}
	return a
}

func posts(resource string) fault.Rule {
	return fault.Rule{HTTP: &fault.Exchanges{Methods: []string{"POST"}, Resource: resource}}
}

func TestStatusIsAnsweredInTheServersPlace(t *testing.T) {
	httpBubble(t, func(r *httpRig) {
		r.want("POST", "/task", "before", "200 1") // the connection stays open
		armed := r.arm(fault.Answer{Status: 503}, posts("/druid/*/task"))
		r.want("POST", "/druid/indexer/task?x=y", strings.Repeat("long ", 10000), "503 503 Service Unavailable\n")
		r.want("GET", "/druid/indexer/task", "", "200 2")
		r.want("POST", "/druid/indexer/task", "", "503 503 Service Unavailable\n")
		armed.Undo()
		r.want("POST", "/druid/indexer/task", "after", "200 3")
		if c := armed.Touched(); c.Messages != 2 || c.Last[0] != "POST /druid/indexer/task" {
			r.t.Errorf("touched %+v", c)
		}
	})
}

func TestAnswerToHeadHasNoBody(t *testing.T) {
	httpBubble(t, func(r *httpRig) {
		r.arm(fault.Answer{Status: 404}, fault.Rule{HTTP: &fault.Exchanges{Methods: []string{"HEAD"}}})
		r.want("HEAD", "/a", "", "404 ")
		r.want("GET", "/a", "", "200 1")
	})
}

func TestDoubledRequestIsAnsweredByTheSecond(t *testing.T) {
	httpBubble(t, func(r *httpRig) {
		for _, keepAlive := range []bool{true, false} {
			r.client.Transport.(*http.Transport).DisableKeepAlives = !keepAlive
			armed := r.arm(fault.Double{}, posts("/**"))
			n := len(r.served())
			r.want("POST", "/chunked", "body", fmt.Sprintf("200 %s%d", strings.Repeat("x", 300), n+2))
			if got := r.served()[n:]; !slices.Equal(got, []string{"POST /chunked body", "POST /chunked body"}) {
				r.t.Errorf("the server has seen %q", got)
			}
			r.want("GET", "/a", "", fmt.Sprintf("200 %d", n+3))
			if c := armed.Touched(); c.Messages != 1 || c.Missed != 0 {
				r.t.Errorf("touched %+v", c)
			}
			armed.Undo()
		}
	})
}

func TestRequestTooLongToDoublePassesOnce(t *testing.T) {
	httpBubble(t, func(r *httpRig) {
		armed := r.arm(fault.Double{}, posts("/**"))
		q, err := http.NewRequest("POST", "http://127.0.0.1:1/a", io.LimitReader(zeros{}, 9<<20))
		if err != nil {
			r.t.Fatal(err)
		}
		a, err := r.client.Do(q)
		if err != nil {
			r.t.Fatal(err)
		}
		a.Body.Close()
		if c := armed.Touched(); len(r.served()) != 1 || c.Messages != 0 || c.Missed != 1 {
			r.t.Errorf("served %d, touched %+v; want one request that was missed", len(r.served()), c)
		}
	})
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestLostExchangeIsSeenByNobodyOrOnlyByTheServer(t *testing.T) {
	for part, served := range map[fault.Part]int{fault.Request: 0, fault.Reply: 1} {
		httpBubble(t, func(r *httpRig) {
			rule := posts("/lost")
			rule.Part = part
			lost := r.arm(fault.Lose{}, rule)
			if got, err := r.do("POST", "/lost", "x"); err == nil {
				r.t.Errorf("got %q, want an error", got)
			}
			synctest.Wait()
			if n := len(r.served()); n != served {
				r.t.Errorf("the server has seen %d requests, want %d", n, served)
			}
			if c := lost.Touched(); c.Messages != 1 || c.Connections != 1 {
				r.t.Errorf("touched %+v", c)
			}
			r.want("POST", "/kept", "", fmt.Sprintf("200 %d", served+1))
		})
	}
}

func TestLossWithSilenceRunsIntoTheClientsTimeout(t *testing.T) {
	httpBubble(t, func(r *httpRig) {
		r.arm(fault.Lose{Silence: time.Hour}, posts("/lost"))
		r.client.Timeout = time.Minute
		start := time.Now()
		if got, err := r.do("POST", "/lost", "x"); err == nil || time.Since(start) != time.Minute {
			r.t.Errorf("got %q, %v after %v; want the timeout after 1m", got, err, time.Since(start))
		}
	})
}

func TestLateExchange(t *testing.T) {
	httpBubble(t, func(r *httpRig) {
		r.arm(fault.Late{By: time.Second}, posts("/late"))
		start := time.Now()
		r.want("POST", "/late", "x", "200 1")
		if d := time.Since(start); d != 2*time.Second {
			r.t.Errorf("took %v, want 1s each way", d)
		}
		r.want("GET", "/late", "", "200 2")
		if d := time.Since(start); d != 2*time.Second {
			r.t.Errorf("the next took until %v, want it not to be late", d)
		}
	})
}

func TestTruncatedAnswer(t *testing.T) {
	httpBubble(t, func(r *httpRig) {
		rule := fault.Rule{HTTP: &fault.Exchanges{Resource: "/chunked"}, Part: fault.Reply}
		armed := r.arm(fault.Reset{Bytes: 250}, rule)
		if got, err := r.do("GET", "/chunked", ""); err == nil || !strings.HasPrefix(got, "200 xxx") {
			r.t.Errorf("got %q, %v; want a part of the answer and an error", got, err)
		}
		if c := armed.Touched(); c.Messages != 1 {
			r.t.Errorf("touched %+v", c)
		}
		r.arm(fault.Reset{Bytes: 100000}, rule)
		armed.Undo()
		if _, err := r.do("GET", "/chunked", ""); err != nil {
			r.t.Errorf("an answer shorter than the limit: %v", err)
		}
	})
}

func TestResetInPlaceOfARequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newHTTPRig(t, true)
		r.arm(fault.Reset{}, posts("/a"))
		if _, err := r.do("POST", "/a", "x"); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("got %v, want a reset", err)
		}
		if n := len(r.served()); n != 0 {
			t.Errorf("the server has seen %d requests", n)
		}
	})
}

func TestOnlyOneDirectionAsks(t *testing.T) {
	httpBubble(t, func(r *httpRig) {
		rule := posts("/a")
		rule.Way, rule.Part = fault.From, fault.Request // what the node is asked for
		armed := r.arm(fault.Answer{Status: 500}, rule)
		answer, err := r.do("POST", "/a", "x")
		if touched := armed.Touched().Messages == 1; err != nil || touched != strings.HasPrefix(answer, "500") || touched != strings.HasSuffix(r.t.Name(), "server_behind_the_link") {
			r.t.Errorf("got %q, %v", answer, err)
		}
	})
}

func TestExchangesWithoutAMatchAreNotTouched(t *testing.T) {
	httpBubble(t, func(r *httpRig) {
		for i := range 30 {
			if i%2 == 1 {
				defer r.arm(fault.Lose{}, posts("/never")).Undo()
			}
			body := strings.Repeat("b", i*1000)
			r.want("POST", "/chunked", body, fmt.Sprintf("200 %s%d", strings.Repeat("x", 300), i+1))
		}
	})
}

func TestBytesThatAreNoHTTPPassAndCanBeLost(t *testing.T) {
	bubble(t, func(t *testing.T, r rig) {
		armed, err := r.link.Arm(fault.Lose{}, fault.Rule{HTTP: &fault.Exchanges{}})
		if err != nil {
			t.Fatal(err)
		}
		send(t, r.node, "\x00\x01 no")
		receive(t, r.peer, "\x00\x01 no")
		send(t, r.peer, "HTTP/1.1 no, never")
		receive(t, r.node, "HTTP/1.1 no, never")
		armed.Undo()
		if _, err := r.link.Arm(fault.Lose{}, fault.Rule{}); err != nil {
			t.Fatal(err)
		}
		send(t, r.node, "lost")
		if got, err := io.ReadAll(r.peer); len(got) > 0 || err != nil {
			t.Errorf("peer: got %q, %v; want the end", got, err)
		}
	})
}
