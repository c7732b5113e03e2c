package httpmsg_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"oakmoot/internal/run/fault/httpmsg"
)

// seen is what a scanner has found.
type seen struct {
	bytes    strings.Builder // all of them
	messages []string        // each as "GET /path 12", with the length of its body
	raw      int
	body     int
	now      string
	begins   func(head []byte) (string, httpmsg.Body)
}

func (s *seen) Head(head []byte) httpmsg.Body {
	s.bytes.Write(head)
	var b httpmsg.Body
	s.now, b = s.begins(head)
	s.body = 0
	return b
}

func (s *seen) Part(p []byte) {
	s.bytes.Write(p)
	s.body += len(p)
}

func (s *seen) End() { s.messages = append(s.messages, fmt.Sprintf("%s %d", s.now, s.body)) }

func (s *seen) Raw(p []byte) {
	s.bytes.Write(p)
	s.raw += len(p)
}

func asRequest(head []byte) (string, httpmsg.Body) {
	r, b := httpmsg.ReadRequest(head)
	return r.Method + " " + r.Resource, b
}

func asReply(method string) func(head []byte) (string, httpmsg.Body) {
	return func(head []byte) (string, httpmsg.Body) {
		status, b := httpmsg.ReadReply(head, method)
		return fmt.Sprint(status), b
	}
}

// scan gives a scanner bytes in chunks that a seed picks.
func scan(s *httpmsg.Scanner, got *seen, all string, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 0))
	for rest := all; len(rest) > 0; {
		n := 1 + rng.IntN(min(len(rest), 1+rng.IntN(len(rest))))
		s.Scan([]byte(rest[:n]), got)
		rest = rest[n:]
	}
}

var requests = []struct{ bytes, want string }{
	{"GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n", "GET /a 0"},
	{"POST /druid/v2 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello", "POST /druid/v2 5"},
	{"POST /b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nGET /\r\na;x=y\r\n0123456789\r\n0\r\nTrailer: 1\r\n\r\n", "POST /b 46"},
	{"PUT /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "PUT /c 5"},
	{"DELETE /d HTTP/1.0\nHost: x\n\n", "DELETE /d 0"},
}

func TestRequestsAreFoundWhateverTheChunks(t *testing.T) {
	for seed := range uint64(500) {
		rng := rand.New(rand.NewPCG(seed, 1))
		var all string
		var want []string
		for range 1 + rng.IntN(6) {
			r := requests[rng.IntN(len(requests))]
			all += r.bytes
			want = append(want, r.want)
		}
		got := &seen{begins: asRequest}
		scan(&httpmsg.Scanner{Begins: httpmsg.IsRequest}, got, all, seed)
		if got.bytes.String() != all {
			t.Fatalf("bytes were changed:\n got %q\nwant %q", got.bytes.String(), all)
		}
		if fmt.Sprint(got.messages) != fmt.Sprint(want) || got.raw > 0 {
			t.Fatalf("%q:\n got %v, %d bytes raw\nwant %v", all, got.messages, got.raw, want)
		}
	}
}

func TestRepliesEndAsTheirRequestSays(t *testing.T) {
	for _, c := range []struct{ method, bytes, want string }{
		{"GET", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "[200 3]"},
		{"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", "[200 0]"},
		{"GET", "HTTP/1.1 204 No Content\r\n\r\n", "[204 0]"},
		{"GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n", "[304 0]"},
		{"POST", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n", "[100 0 201 0]"},
		{"GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "[200 13]"},
		{"GET", "HTTP/1.0 200 OK\r\n\r\nup to the end", "[]"},
	} {
		got := &seen{begins: asReply(c.method)}
		scan(&httpmsg.Scanner{Begins: httpmsg.IsReply}, got, c.bytes, 1)
		if fmt.Sprint(got.messages) != c.want || got.raw > 0 || got.bytes.String() != c.bytes {
			t.Errorf("%s, %q: got %v, %d bytes raw", c.method, c.bytes, got.messages, got.raw)
		}
	}
}

func TestWhatIsNoHTTPPassesAtOnce(t *testing.T) {
	for _, text := range []string{"\x16\x03\x01", "ruok", "PING\r\n", "GET / FOO\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\r\n", "AVERYVERYLONGMETHODNAME"} {
		got := &seen{begins: asRequest}
		s := &httpmsg.Scanner{Begins: httpmsg.IsRequest}
		s.Scan([]byte(text), got)
		if got.raw != len(text) {
			t.Errorf("%q: %d bytes passed, %d held", text, got.raw, len(s.Held()))
		}
	}
}

func TestKeepAliveLosesOnlyTheConnectionHeader(t *testing.T) {
	got := string(httpmsg.KeepAlive([]byte("GET / HTTP/1.1\r\nHost: x\r\nconnection: close\r\nA: b\r\n\r\n")))
	if want := "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n\r\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// FuzzScanner scans any bytes in any chunks: it changes none of them.
func FuzzScanner(f *testing.F) {
	for i, r := range requests {
		f.Add([]byte(r.bytes+requests[0].bytes), uint64(i), true)
	}
	f.Add([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffffffff\r\nabc"), uint64(9), false)
	f.Fuzz(func(t *testing.T, all []byte, seed uint64, request bool) {
		s, got := &httpmsg.Scanner{Begins: httpmsg.IsReply}, &seen{begins: asReply("GET")}
		if request {
			s, got = &httpmsg.Scanner{Begins: httpmsg.IsRequest}, &seen{begins: asRequest}
		}
		scan(s, got, string(all), seed)
		if sent := append([]byte(got.bytes.String()), s.Held()...); !bytes.Equal(sent, all) {
			t.Errorf("bytes were changed:\n got %q\nwant %q", sent, all)
		}
	})
}
