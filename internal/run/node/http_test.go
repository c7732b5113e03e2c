package node_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/memnet"
	"oakmoot/internal/run/node"
)

// site is a process's HTTP address in a bubble.
type site struct {
	t      *testing.T
	client *http.Client
	props  node.Properties
	stop   func() error // ends the process and returns what Serve did
}

const address = "127.0.0.1:8081"

// serving runs f in a bubble in which a handler is served.
func serving(t *testing.T, h http.HandlerFunc, f func(t *testing.T, s *site)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		network := memnet.New()
		s := &site{t: t}
		s.props = node.Properties{"druid.host": "h", "a": "b", "druid.metadata.storage.connector.password": "secret"}
		s.client = &http.Client{Transport: &http.Transport{DialContext: network.DialContext, DisableKeepAlives: true}}
		env := node.Env{
			Self:   druid.Node{Host: "druid.example"},
			Props:  s.props,
			Log:    hclog.NewNullLogger(),
			Listen: func(context.Context) (net.Listener, error) { return network.Listen(address) },
		}
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- node.Serve(ctx, env, h) }()
		s.stop = sync.OnceValue(func() error { cancel(); return <-ended })
		synctest.Wait()
		f(t, s)
		_ = s.stop() // a test that cares has called it
	})
}

func (s *site) get(path string) (int, string) {
	s.t.Helper()
	resp, err := s.client.Get("http://" + address + path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func TestEveryProcessHasTheStatusResource(t *testing.T) {
	own := func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "own ", r.URL.Path) }
	serving(t, own, func(t *testing.T, s *site) {
		for path, want := range map[string]string{
			"/status/health": "true", "/status/properties": `{"a":"b","druid.host":"h"}`, "/druid/x": "own /druid/x",
		} {
			if code, body := s.get(path); code != http.StatusOK || body != want {
				t.Errorf("%s: got %d %s, want 200 %s", path, code, body, want)
			}
		}
		_, body := s.get("/status")
		var status struct {
			Version string
			Modules []any
			Memory  map[string]int64
		}
		if err := json.Unmarshal([]byte(body), &status); err != nil {
			t.Fatal(err)
		}
		if status.Version != "0.14.0-incubating" || status.Modules == nil || status.Memory["maxMemory"] <= 0 || status.Memory["usedMemory"] <= 0 {
			t.Errorf("status: got %s", body)
		}
		if err := s.stop(); err != nil {
			t.Errorf("Serve: got %v, want nil", err)
		}
	})
}

func TestPagesOfOtherSitesReachNoProcess(t *testing.T) {
	asked := 0
	own := func(http.ResponseWriter, *http.Request) { asked++ }
	serving(t, own, func(t *testing.T, s *site) {
		for name, test := range map[string]struct {
			host, origin, fetchSite string
			want                    int
		}{
			"a program":              {address, "", "", 200},
			"the process's own page": {"localhost:8081", "http://localhost:8081", "same-origin", 200},
			"druid.host":             {"druid.example:8081", "", "", 200},
			"a foreign page":         {address, "http://evil.example", "cross-site", 403},
			"a sandboxed page":       {address, "null", "", 403},
			"no Origin":              {address, "", "cross-site", 403},
			"a rebound name":         {"evil.example:8081", "http://evil.example:8081", "same-origin", 403},
		} {
			for _, path := range []string{"/druid/indexer/v1/task", "/status"} {
				req, _ := http.NewRequest(http.MethodGet, "http://"+address+path, nil)
				req.Host = test.host
				for header, value := range map[string]string{"Origin": test.origin, "Sec-Fetch-Site": test.fetchSite} {
					if value != "" {
						req.Header.Set(header, value)
					}
				}
				resp, err := s.client.Do(req)
				if err != nil {
					t.Fatal(err)
				}
				resp.Body.Close()
				if resp.StatusCode != test.want {
					t.Errorf("%s, %s: got %d, want %d", name, path, resp.StatusCode, test.want)
				}
			}
		}
		if asked != 3 {
			t.Errorf("the handler was asked %d times, want 3", asked)
		}
	})
}

func TestHiddenPropertiesCanBeChosen(t *testing.T) {
	serving(t, http.NotFound, func(t *testing.T, s *site) {
		s.props["druid.server.hiddenProperties"] = `["a","druid.host"]`
		want := `{"druid.metadata.storage.connector.password":"secret","druid.server.hiddenProperties":"[\"a\",\"druid.host\"]"}`
		if _, body := s.get("/status/properties"); body != want {
			t.Errorf("got %s, want %s", body, want)
		}
	})
}

func TestAnswersInProgressAreCutOffAfterAMoment(t *testing.T) {
	hang := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done(); time.Sleep(time.Minute) }
	serving(t, hang, func(t *testing.T, s *site) {
		failed := make(chan error, 1)
		go func() {
			_, err := s.client.Get("http://" + address + "/slow")
			failed <- err
		}()
		synctest.Wait()
		start := time.Now()
		if err := s.stop(); err != nil {
			t.Errorf("Serve: got %v, want nil", err)
		}
		if took := time.Since(start); took > time.Second {
			t.Errorf("took %v, want a moment", took)
		}
		if err := <-failed; err == nil {
			t.Error("the request under way: got an answer, want an error")
		}
		time.Sleep(time.Minute)
	})
}

func TestUnavailableAddressIsAnError(t *testing.T) {
	refused := errors.New("in use")
	err := node.Serve(t.Context(), node.Env{Listen: func(context.Context) (net.Listener, error) { return nil, refused }}, nil)
	if !errors.Is(err, refused) {
		t.Errorf("got %v, want it to be %v", err, refused)
	}
}

func TestJSONAnswers(t *testing.T) {
	for name, test := range map[string]struct {
		write func(w http.ResponseWriter)
		code  int
		body  string
	}{
		"a value":              {func(w http.ResponseWriter) { node.WriteJSON(w, http.StatusOK, []string{"<a>"}) }, 200, `["<a>"]`},
		"an error":             {func(w http.ResponseWriter) { node.WriteError(w, http.StatusNotFound, "gone") }, 404, `{"error":"gone"}`},
		"what is not writable": {func(w http.ResponseWriter) { node.WriteJSON(w, http.StatusOK, func() {}) }, 500, `{"error":"answer cannot be written as JSON"}`},
	} {
		w := httptest.NewRecorder()
		test.write(w)
		if got := w.Body.String(); w.Code != test.code || got != test.body || w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s: got %d %s %v, want %d %s", name, w.Code, got, w.Header(), test.code, test.body)
		}
	}
}

func TestParameterIsPresentWhateverItsValue(t *testing.T) {
	for query, want := range map[string]bool{"?full": true, "?full=": true, "?full=false": true, "?simple": false, "": false} {
		if got := node.Present(httptest.NewRequest(http.MethodGet, "/x"+query, nil), "full"); got != want {
			t.Errorf("%q: got %v, want %v", query, got, want)
		}
	}
}

func TestFollowersRedirectToTheLeader(t *testing.T) {
	known := func(context.Context) (string, error) { return "http://leader:8081", nil }
	nobody := func(context.Context) (string, error) { return "", nil }
	broken := func(context.Context) (string, error) { return "", errors.New("no ZooKeeper") }
	for _, test := range []struct {
		leads  bool
		leader func(context.Context) (string, error)
		path   string
		code   int
		want   string // Location
	}{
		{true, known, "/druid/x", http.StatusTeapot, ""},
		{false, known, "/druid/x", http.StatusTemporaryRedirect, "http://leader:8081/druid/x"},
		{false, known, "/druid/a%2Fb?c=d%20e&f", http.StatusTemporaryRedirect, "http://leader:8081/druid/a%2Fb?c=d%20e&f"},
		{false, known, "/druid/coordinator/v1/isLeader", http.StatusTeapot, ""},
		{false, known, "/druid/coordinator/v1/isLeaderX", http.StatusTemporaryRedirect, "http://leader:8081/druid/coordinator/v1/isLeaderX"},
		{false, known, "/status/health", http.StatusTeapot, ""},
		{false, known, "/status", http.StatusTeapot, ""},
		{false, known, "/statusbar", http.StatusTemporaryRedirect, "http://leader:8081/statusbar"},
		{false, known, "/druid-internal/v1/x", http.StatusTeapot, ""},
		{false, nobody, "/druid/x", http.StatusServiceUnavailable, ""},
		{false, broken, "/druid/x", http.StatusServiceUnavailable, ""},
		{true, nobody, "/druid/x", http.StatusTeapot, ""},
	} {
		own := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
		h := node.RedirectToLeader(func() bool { return test.leads }, test.leader, "/druid/coordinator/v1/isLeader")(own)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, test.path, nil))
		if diff := cmp.Diff(test.want, w.Header().Get("Location")); w.Code != test.code || diff != "" || w.Body.Len() != 0 {
			t.Errorf("%s: got %d with %q, want %d; Location (-want +got):\n%s", test.path, w.Code, w.Body, test.code, diff)
		}
	}
}
