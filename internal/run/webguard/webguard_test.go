package webguard_test

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"oakmoot/internal/run/webguard"
)

func tcp(t *testing.T, addr string) net.Addr {
	t.Helper()
	a, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// headers are written "Name: value", joined by "; ".
func request(method, host, headers string) *http.Request {
	r := httptest.NewRequest(method, "/", nil)
	r.Host = host
	for h := range strings.SplitSeq(headers, "; ") {
		if name, value, ok := strings.Cut(h, ": "); ok {
			r.Header.Add(name, value)
		}
	}
	return r
}

func TestHostsOfTheListener(t *testing.T) {
	for _, test := range []struct {
		listener, name string
		own, foreign   []string
	}{
		{"127.0.0.1:8081", "",
			[]string{"127.0.0.1:8081", "localhost:8081", "LOCALHOST.:8081", "[::1]:8081", "127.9.9.9:8081"},
			[]string{"", "localhost", "127.0.0.1", "127.0.0.1:8082", "evil.example:8081", "localhost.evil.example:8081",
				"10.0.0.7:8081", "0.0.0.0:8081", "127.1:8081", ":8081", "127.0.0.1:8081:8081", "a b:8081"}},
		{"127.0.0.1:8081", "druid.example",
			[]string{"druid.example:8081", "Druid.Example.:8081", "localhost:8081"},
			[]string{"druid.example:80", "druid.example", "x.druid.example:8081", "evil.example:8081"}},
		{"10.0.0.7:8081", "10.0.0.7", []string{"10.0.0.7:8081", "localhost:8081"}, []string{"10.0.0.8:8081", "evil.example:8081"}},
		{"0.0.0.0:8081", "", []string{"10.0.0.7:8081", "[fe80::1]:8081"}, []string{"evil.example:8081", "10.0.0.7:80"}},
		{"[::1]:8081", "[::1]", []string{"[::1]:8081"}, []string{"[::2]:8081"}},
	} {
		g := webguard.Guard{Listener: tcp(t, test.listener), Host: test.name}
		for _, host := range test.own {
			if err := g.Check(request(http.MethodPost, host, "")); err != nil {
				t.Errorf("%s (%s), Host %q: got %v, want it served", test.listener, test.name, host, err)
			}
		}
		for _, host := range test.foreign {
			var refusal *webguard.Refusal
			if err := g.Check(request(http.MethodPost, host, "")); !errors.As(err, &refusal) || !strings.Contains(err.Error(), "Host") {
				t.Errorf("%s (%s), Host %q: got %v, want it refused for its Host", test.listener, test.name, host, err)
			}
		}
	}
}

func TestPagesOfOtherSitesAreRefused(t *testing.T) {
	const own = "127.0.0.1:8081"
	g := webguard.Guard{Listener: tcp(t, own)}
	for _, test := range []struct {
		method, headers string
		served          bool
	}{
		{http.MethodPost, "", true},
		{http.MethodPost, "Origin: http://127.0.0.1:8081", true},
		{http.MethodPost, "Origin: http://localhost:8081; Sec-Fetch-Site: same-origin", true},
		{http.MethodGet, "Sec-Fetch-Site: none; Sec-Fetch-Mode: navigate", true},
		{http.MethodPost, "Origin: http://evil.example", false},
		{http.MethodPost, "Origin: https://127.0.0.1:8081", false},
		{http.MethodPost, "Origin: http://127.0.0.1:3000", false},
		{http.MethodPost, "Origin: null", false},
		{http.MethodPost, "Origin: ", false},
		{http.MethodPost, "Origin: file://", false},
		{http.MethodPost, "Origin: http://evil.example:8081", false},
		{http.MethodPost, "Origin: http://127.0.0.1:8081; Origin: http://evil.example", false},
		{http.MethodOptions, "Origin: http://evil.example; Access-Control-Request-Method: DELETE", false},
		{http.MethodGet, "Sec-Fetch-Site: cross-site", false},
		{http.MethodGet, "Sec-Fetch-Site: same-site; Sec-Fetch-Mode: no-cors", false},
		{http.MethodGet, "Sec-Fetch-Site: cross-site; Sec-Fetch-Mode: navigate; Sec-Fetch-Dest: iframe", false},
		{http.MethodGet, "Sec-Fetch-Site: cross-site; Sec-Fetch-Mode: navigate; Sec-Fetch-Dest: document", true},
		{http.MethodPost, "Sec-Fetch-Site: cross-site; Sec-Fetch-Mode: navigate; Sec-Fetch-Dest: document", false},

		// A router's console: Jetty's ProxyServlet names itself and the host that the browser asked for.
		{http.MethodPost, "Origin: http://localhost:8888; Via: http/1.1 router; X-Forwarded-Host: localhost:8888", true},
		{http.MethodPost, "Origin: http://10.0.0.7:8888; Via: http/1.1 router; X-Forwarded-Host: 10.0.0.7:8888", true},
		{http.MethodPost, "Origin: http://evil.example; Via: http/1.1 router; X-Forwarded-Host: localhost:8888", false},
		{http.MethodPost, "Origin: http://evil.example:8888; Via: http/1.1 router; X-Forwarded-Host: evil.example:8888", false},
		{http.MethodPost, "Origin: http://localhost:3000; X-Forwarded-Host: localhost:3000", false},
	} {
		if err := g.Check(request(test.method, own, test.headers)); (err == nil) != test.served {
			t.Errorf("%s with %q: got %v, want served %t", test.method, test.headers, err, test.served)
		}
	}
}

func TestAnyHostStillHasItsOwnPages(t *testing.T) {
	g := webguard.Guard{Listener: tcp(t, "0.0.0.0:8081"), AnyHost: true}
	for headers, served := range map[string]bool{
		"": true, "Origin: http://zookeeper:8081": true,
		"Origin: http://evil.example": false, "Origin: http://127.0.0.1:8081": false, "Sec-Fetch-Site: cross-site": false,
	} {
		if err := g.Check(request(http.MethodGet, "zookeeper:8081", headers)); (err == nil) != served {
			t.Errorf("%q: got %v, want served %t", headers, err, served)
		}
	}
}
