package control_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hashicorp/go-hclog"

	"oakmoot/cluster"
	"oakmoot/control"
	"oakmoot/zkembed"
)

// backend is a cluster that knows only what a test puts into it.
type backend struct {
	status  cluster.Status
	steps   []cluster.TraceStep
	leaders map[string]string
	done    []string
	past    *cluster.Past
	hold    chan struct{} // until it is closed no fault is done; nil holds up none
	limit   int           // of the status that was asked for last
}

func (b *backend) StatusOf(_ context.Context, limit int) (cluster.Status, error) {
	b.limit = limit
	return b.status, nil
}

// names are what every list of the backend consists of.
func names(p cluster.Page) (page []string, total int, next string) {
	all := []string{"a", "b&c", "d"}
	rest := all[slices.Index(all, p.After)+1:]
	if p.Limit > 0 && p.Limit < len(rest) {
		rest = rest[:p.Limit]
		next = rest[len(rest)-1]
	}
	return rest, len(all), next
}

func listing[T any](p cluster.Page, item func(name string) T) (l cluster.Listing[T], err error) {
	page, total, next := names(p)
	for _, name := range page {
		l.Items = append(l.Items, item(name))
	}
	l.Total, l.Next = total, next
	return l, nil
}

func (b *backend) NodeList(_ context.Context, p cluster.Page) (cluster.Listing[cluster.Node], error) {
	return listing(p, func(name string) cluster.Node { return cluster.Node{Name: name} })
}

func (b *backend) Servers(_ context.Context, p cluster.Page) (cluster.Listing[cluster.ServedSegments], error) {
	return listing(p, func(name string) cluster.ServedSegments { return cluster.ServedSegments{Server: name} })
}

func (b *backend) Segments(_ context.Context, p cluster.Page) (cluster.Listing[cluster.Segment], error) {
	return listing(p, func(name string) cluster.Segment { return cluster.Segment{ID: name} })
}

func (b *backend) TaskList(_ context.Context, p cluster.Page) (cluster.Listing[cluster.Task], error) {
	return listing(p, func(name string) cluster.Task { return cluster.Task{ID: name} })
}

func (b *backend) ZooKeeperMetrics(context.Context) ([]zkembed.Metric, error) {
	return []zkembed.Metric{{Name: "znode_count", Value: 7}}, nil
}

func (b *backend) TreePage(_ context.Context, path string, p cluster.Page) (cluster.Listing[cluster.Znode], error) {
	l, err := listing(p, func(name string) cluster.Znode { return cluster.Znode{Path: path + "/" + name} })
	l.Total = -1
	return l, err
}

func (b *backend) Trace(context.Context, int64) iter.Seq2[cluster.TraceStep, error] {
	return func(yield func(cluster.TraceStep, error) bool) {
		for _, s := range b.steps {
			if !yield(s, nil) {
				return
			}
		}
	}
}

func (b *backend) Past() *cluster.Past { return b.past }

func (b *backend) Children(_ context.Context, path string, p cluster.Page) (cluster.Listing[cluster.Znode], error) {
	return listing(p, func(name string) cluster.Znode { return cluster.Znode{Path: path + "/" + name} })
}

func (b *backend) Znode(_ context.Context, path string) (cluster.Znode, error) {
	return cluster.Znode{Path: path}, nil
}

func (b *backend) Owned(context.Context, string) (cluster.Owned, error) {
	return cluster.Owned{Paths: []string{"/a"}, Total: 1}, nil
}

func (b *backend) StepTOML(expression string) (string, error) { return "do = " + expression, nil }

func (b *backend) Do(ctx context.Context, expression string) (cluster.Fault, error) {
	if expression == "nonsense" {
		return cluster.Fault{}, fmt.Errorf("%w: no such verb", cluster.ErrBadExpression)
	}
	if expression == "kill overlord@leader" {
		return cluster.Fault{}, errors.New("overlord@leader picks no node now")
	}
	if b.hold != nil {
		select {
		case <-b.hold:
		case <-ctx.Done():
			return cluster.Fault{}, ctx.Err()
		}
	}
	b.done = append(b.done, expression)
	return cluster.Fault{ID: "f1", Do: expression, Nodes: []string{"coordinator-1"}}, nil
}

func (b *backend) WaitFor(ctx context.Context, expression string) error {
	if expression == "true" {
		return nil
	}
	<-ctx.Done()
	return fmt.Errorf("%s does not hold: %w", expression, ctx.Err())
}

func (b *backend) Seat(name string) (cluster.Seat, error) {
	if name != "real-1" {
		return cluster.Seat{}, fmt.Errorf("%w: no node %q", cluster.ErrBadExpression, name)
	}
	return cluster.Seat{Name: name, Kind: "historical", Properties: []cluster.Property{{Key: "druid.host", Value: "127.0.0.1"}}}, nil
}

func (b *backend) Leader(_ context.Context, kind string) (string, error) { return b.leaders[kind], nil }

// serve runs a control server for the test and returns its address.
func serve(t *testing.T, b *backend, token string) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- control.Serve(ctx, ln, b, control.Options{Token: token, Log: hclog.NewNullLogger()}) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return ln.Addr().String()
}

func TestClientAndServerAgree(t *testing.T) {
	b := &backend{
		status: cluster.Status{Name: "quickstart", Leaders: map[string]string{"coordinator": "coordinator-1"}},
		steps:  []cluster.TraceStep{{Zxid: 7, Verb: "task assigned", Subject: "t"}, {Zxid: 8, Verb: "task taken", Subject: "t"}},
	}
	c := control.Client{Address: serve(t, b, "")}
	st, err := c.Status(t.Context())
	if err != nil || !cmp.Equal(st, control.Full(b.status), cmpopts.EquateEmpty()) {
		t.Errorf("Status: got %v: %s", err, cmp.Diff(control.Full(b.status), st))
	}
	nodes, err := c.Tree(t.Context(), "/druid")
	if err != nil || len(nodes) != 3 || nodes[0].Path != "/druid/a" {
		t.Errorf("Tree: got %v, %v; want three nodes below /druid", nodes, err)
	}
	f, err := c.Fault(t.Context(), "kill coordinator@leader")
	if err != nil || f.ID != "f1" || !cmp.Equal(b.done, []string{"kill coordinator@leader"}) {
		t.Errorf("Fault: got %+v, %v; the backend was asked for %q", f, err, b.done)
	}
	var zxids []int64
	err = c.Trace(t.Context(), 0, func(s cluster.TraceStep) error { zxids = append(zxids, s.Zxid); return nil })
	if err != nil || !cmp.Equal(zxids, []int64{7, 8}) {
		t.Errorf("Trace: got %v, %v; want 7 and 8", zxids, err)
	}
	if err := c.Wait(t.Context(), "true", time.Minute); err != nil {
		t.Errorf("Wait for what holds: %v", err)
	}
}

func TestErrorsKeepTheirKind(t *testing.T) {
	c := control.Client{Address: serve(t, &backend{}, "")}
	_, err := c.Fault(t.Context(), "nonsense")
	var answer *control.AnswerError
	if !errors.As(err, &answer) || answer.Code != http.StatusBadRequest || !strings.Contains(answer.Message, "no such verb") {
		t.Errorf("Fault: got %v, want a 400 that says what is wrong", err)
	}
	err = c.Wait(t.Context(), "false", time.Millisecond)
	if !errors.As(err, &answer) || answer.Code != http.StatusRequestTimeout {
		t.Errorf("Wait: got %v, want a 408", err)
	}
}

func TestForeignPagesAreRefused(t *testing.T) {
	b := &backend{}
	addr := serve(t, b, "")
	port := addr[strings.LastIndex(addr, ":"):]
	for name, tt := range map[string]struct {
		host, origin, contentType string
		want                      int
	}{
		"own":                    {addr, "", "application/json", 200},
		"own page":               {addr, "http://" + addr, "application/json", 200},
		"localhost":              {"localhost" + port, "http://localhost" + port, "application/json; charset=utf-8", 200},
		"foreign origin":         {addr, "http://evil.example", "application/json", 403},
		"origin of another port": {addr, "http://127.0.0.1:1", "application/json", 403},
		"null origin":            {addr, "null", "application/json", 403},
		"rebound name":           {"evil.example" + port, "", "application/json", 403},
		"other port":             {"127.0.0.1:1", "", "application/json", 403},
		"form":                   {addr, "", "application/x-www-form-urlencoded", 415},
		"no type":                {addr, "", "", 415},
		"text":                   {addr, "", "text/plain", 415},
	} {
		req, _ := http.NewRequest(http.MethodPost, "http://"+addr+"/api/fault", strings.NewReader(`{"do":"heal"}`))
		req.Host = tt.host
		if tt.origin != "" {
			req.Header.Set("Origin", tt.origin)
		}
		if tt.contentType != "" {
			req.Header.Set("Content-Type", tt.contentType)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != tt.want {
			t.Errorf("%s: got %d, want %d", name, resp.StatusCode, tt.want)
		}
	}
	if len(b.done) != 3 {
		t.Errorf("the backend was asked %d times, want 3: %q", len(b.done), b.done)
	}
}

func TestRunIsStoppedWhereThatIsWanted(t *testing.T) {
	stopped := make(chan struct{})
	for _, stop := range []func(){nil, func() { close(stopped) }} {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ctx, end := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			done <- control.Serve(ctx, ln, &backend{}, control.Options{Stop: stop, Log: hclog.NewNullLogger()})
		}()
		err = control.Client{Address: ln.Addr().String()}.Stop(t.Context())
		if (err == nil) != (stop != nil) {
			t.Errorf("it can be stopped: %v; got %v", stop != nil, err)
		}
		end()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	<-stopped
}

func TestTokenIsRequired(t *testing.T) {
	addr := serve(t, &backend{}, "secret")
	for token, want := range map[string]int{"": 401, "wrong": 401, "secret": 200} {
		_, err := control.Client{Address: addr, Token: token}.Status(t.Context())
		got := 200
		var answer *control.AnswerError
		if errors.As(err, &answer) {
			got = answer.Code
		}
		if got != want {
			t.Errorf("token %q: got %d (%v), want %d", token, got, err, want)
		}
	}
	resp, err := http.Get("http://" + addr + "/?token=secret")
	if err != nil || resp.StatusCode != 200 {
		t.Errorf("page with the token in its address: got %v, %v; want 200", resp.StatusCode, err)
	}
	resp.Body.Close()
	// The page's files hold nothing secret, and a browser fetches them without the token.
	for path, want := range map[string]int{"/": 401, "/page/app.js": 200, "/api/status": 401, "/metrics": 401, "/page/../api/status": 401} {
		resp, err := http.Get("http://" + addr + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s without a token: got %d, want %d", path, resp.StatusCode, want)
		}
	}
}

func TestDruidPathsReachTheLeader(t *testing.T) {
	leader := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s %s", r.Method, r.URL, body)
	}))
	t.Cleanup(leader.Close)
	host := strings.TrimPrefix(leader.URL, "http://")
	c := control.Client{Address: serve(t, &backend{leaders: map[string]string{"overlord": host, "broker": host}}, "")}
	for path, want := range map[string]string{
		"/druid/indexer/v1/task": "POST /druid/indexer/v1/task {}",
		"/druid/v2/?pretty":      "POST /druid/v2/?pretty {}",
		"/druid/v2":              "POST /druid/v2 {}",
		"/status":                "POST /status {}", // a console asks for it
	} {
		resp, err := c.Do(t.Context(), http.MethodPost, path, []byte("{}"))
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		got, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if string(got) != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
	_, err := c.Do(t.Context(), http.MethodGet, "/druid/coordinator/v1/leader", nil)
	var answer *control.AnswerError
	if !errors.As(err, &answer) || answer.Code != http.StatusServiceUnavailable {
		t.Errorf("without a leading coordinator: got %v, want 503", err)
	}
}

func TestTraceSpeaksToBrowsers(t *testing.T) {
	addr := serve(t, &backend{steps: []cluster.TraceStep{{Verb: "task assigned"}}}, "")
	req, _ := http.NewRequest(http.MethodGet, "http://"+addr+"/api/trace", nil)
	req.Header.Set("Accept", "text/event-stream")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	data, ok := strings.CutPrefix(strings.TrimSpace(string(body)), "data: ")
	var step cluster.TraceStep
	if !ok || json.Unmarshal([]byte(data), &step) != nil || step.Verb != "task assigned" {
		t.Errorf("got %q, want one event with the step", body)
	}
	if got := resp.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Errorf("content type: got %q", got)
	}
}

func TestMetricsShowTheState(t *testing.T) {
	addr := serve(t, &backend{status: cluster.Status{
		Nodes: []cluster.Node{{Name: "coordinator-1", Kind: "coordinator", State: "up", Leader: true, Incarnated: 2}},
		Used:  map[string]int{"flights": 3}, Total: cluster.Totals{TaskStates: map[string]int{"SUCCESS": 1}},
	}}, "")
	resp, err := http.Get("http://" + addr + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	for _, line := range []string{
		`oakmoot_node_up{kind="coordinator",node="coordinator-1"} 1`,
		`oakmoot_node_leader{kind="coordinator",node="coordinator-1"} 1`,
		`oakmoot_node_incarnations_total{kind="coordinator",node="coordinator-1"} 2`,
		`oakmoot_segments_used{dataSource="flights"} 3`,
		`oakmoot_tasks{status="SUCCESS"} 1`,
		`oakmoot_leader_answered{kind="overlord"} 0`,
		`znode_count 7`,
	} {
		if !strings.Contains(string(body), line+"\n") {
			t.Errorf("metrics lack %q:\n%s", line, body)
		}
	}
}

func TestSeatIsAFileOfProperties(t *testing.T) {
	seat := cluster.Seat{Name: "real-1", Kind: "middlemanager", Version: "0.14.0", Server: "middleManager", AnyPort: true, Warnings: []string{"mind the gap"},
		Properties: []cluster.Property{{Key: "druid.host", Value: "h"}, {Key: "druid.storage.storageDirectory", Value: `C:\moot`}}}
	var b strings.Builder
	n, err := seat.WriteTo(&b)
	got := b.String()
	if err != nil || int(n) != len(got) {
		t.Errorf("got %d, %v, want %d", n, err, len(got))
	}
	for _, want := range []string{
		"# real-1: a real middlemanager ", "Main server middleManager\n", "# Any free port will do.\n", "# NOTE: mind the gap\n",
		"\ndruid.host=h\ndruid.storage.storageDirectory=C:\\\\moot\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("got\n%swant %q in it", got, want)
		}
	}
}

func TestSeatIsFetched(t *testing.T) {
	client := control.Client{Address: serve(t, &backend{}, "")}
	seat, err := client.Seat(t.Context(), "real-1")
	if err != nil || seat.Kind != "historical" || len(seat.Properties) != 1 {
		t.Errorf("got %+v, %v", seat, err)
	}
	var answer *control.AnswerError
	if _, err := client.Seat(t.Context(), "none"); !errors.As(err, &answer) || answer.Code != http.StatusBadRequest {
		t.Errorf("got %v, want a 400", err)
	}
}

// The page at this address may ask a node: to the node it looks like a program's request.
func TestPassedOnRequestsCarryNothingOfABrowser(t *testing.T) {
	seen := make(chan *http.Request, 1)
	leader := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen <- r }))
	t.Cleanup(leader.Close)
	host := strings.TrimPrefix(leader.URL, "http://")
	addr := serve(t, &backend{leaders: map[string]string{"overlord": host}}, "")
	req, _ := http.NewRequest(http.MethodPost, "http://"+addr+"/druid/indexer/v1/task", strings.NewReader("{}"))
	browser := map[string]string{"Origin": "http://" + addr, "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
	for name, value := range browser {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	r := <-seen
	if r.Host != host {
		t.Errorf("got Host %s, want %s", r.Host, host)
	}
	for name := range browser {
		if got := r.Header.Get(name); got != "" {
			t.Errorf("got %s: %s, want none", name, got)
		}
	}
}
