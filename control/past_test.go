package control_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"

	"oakmoot/cluster"
	"oakmoot/control"
)

// replaying serves the checked-in record of a run whose leading coordinator was killed.
func replaying(t *testing.T) control.Client {
	t.Helper()
	text, err := os.ReadFile("../internal/stage/record/testdata/killed.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	past, err := cluster.Replay(bytes.NewReader(text), "killed.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	ctx := t.Context()
	go func() {
		done <- control.Serve(ctx, ln, control.Replay(past), control.Options{Log: hclog.NewNullLogger()})
	}()
	t.Cleanup(func() {
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return control.Client{Address: ln.Addr().String()}
}

// get decodes the answer at a path.
func get[T any](t *testing.T, c control.Client, path string) (v T) {
	t.Helper()
	resp, err := c.Do(t.Context(), http.MethodGet, path, nil)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return v
}

func TestARunThatIsOverIsShownStepByStep(t *testing.T) {
	c := replaying(t)
	span, err := c.Span(t.Context())
	if err != nil || span.Name != "killed" || span.Live || span.First != 1 || span.Last != 76 {
		t.Fatalf("got %+v, %v", span, err)
	}
	steps, err := c.Steps(t.Context(), 0, 1000)
	if err != nil || len(steps.Steps) != 76 || steps.Total != 76 || steps.Next != 76 {
		t.Fatalf("got %d steps, %v", len(steps.Steps), err)
	}
	var kill cluster.PastStep
	for _, s := range steps.Steps {
		if s.Verb == "is killed" {
			kill = s
		}
	}
	before, err := c.StatusAt(t.Context(), kill.Seq-2)
	if err != nil || before.Leaders["coordinator"] != kill.Node || before.Headline.Level != "ok" || before.Seq != kill.Seq-2 || before.Live {
		t.Errorf("before the kill: got %+v, %v", before.Headline, err)
	}
	after, err := c.StatusAt(t.Context(), kill.Seq)
	if err != nil || after.Leaders["coordinator"] != "" || after.Headline.Level != "bad" || after.Headline.About[0] != kill.Node {
		t.Errorf("after the kill: got %+v, %v", after.Headline, err)
	}
	chain, err := c.Why(t.Context(), kill.Seq)
	if err != nil || len(chain) != 2 || !strings.Contains(chain[1].Text, "kill") {
		t.Errorf("got the chain %+v, %v", chain, err)
	}
	last := get[cluster.PastSteps](t, c, "/api/steps?before=&limit=2")
	if len(last.Steps) != 2 || last.Steps[1].Seq != 76 || last.Next != 75 {
		t.Errorf("got %+v for the last two", last)
	}
	tree := get[[]cluster.Znode](t, c, "/api/tree?path=/druid/coordinator/_COORDINATOR&depth=1&at="+"60")
	if len(tree) == 0 || tree[0].Children == nil || tree[0].Owner == "" {
		t.Errorf("got %+v, want the latch nodes with their owners", tree)
	}
	znode := get[cluster.Znode](t, c, "/api/znode?path="+tree[0].Path+"&at=60")
	owned := get[cluster.Owned](t, c, "/api/owned?at=60&node="+tree[0].Owner)
	if znode.Means == "" || owned.Total == 0 || owned.Paths[0] == "" {
		t.Errorf("got %+v and %+v", znode, owned)
	}
	for _, path := range []string{"/api/nodes?at=60", "/api/servers?at=60", "/api/segments?at=60", "/api/tasks?at=60", "/api/nodes", "/api/tree"} {
		if list := get[[]json.RawMessage](t, c, path); list == nil {
			t.Errorf("%s: got null", path)
		}
	}
}

func TestTraceOfARunThatIsOverEnds(t *testing.T) {
	c := replaying(t)
	for query, want := range map[string]int{"": 76, "?after=70": 6, "?from=0x1": 76} {
		resp, err := c.Do(t.Context(), http.MethodGet, "/api/trace"+query, nil)
		if err != nil {
			t.Fatal(err)
		}
		lines, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if got := bytes.Count(lines, []byte("\n")); err != nil || got != want || !bytes.Contains(lines, []byte(`"seq":76`)) {
			t.Errorf("%s: got %d steps, %v, want %d", query, got, err, want)
		}
	}
}

func TestNothingIsDoneToARunThatIsOver(t *testing.T) {
	c := replaying(t)
	_, err := c.Fault(t.Context(), "kill broker")
	var answer *control.AnswerError
	if !errors.As(err, &answer) || answer.Code != http.StatusConflict || !strings.HasPrefix(answer.Message, "this run is over: ") {
		t.Errorf("got %v, want a 409", err)
	}
}

func TestWhatIsHeldCanBeReadAsARecord(t *testing.T) {
	r, err := replaying(t).Record(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	again, err := cluster.Replay(r, "again")
	if err != nil || again.Span().Last != 76 || again.Span().Name != "killed" {
		t.Errorf("got %+v, %v", again.Span(), err)
	}
}

func TestPlacesThatAreNoneAreMistakes(t *testing.T) {
	c := replaying(t)
	for path, want := range map[string]string{
		"/api/status?at=0":              "is not the place of a step",
		"/api/status?at=x":              "is not the place of a step",
		"/api/status?at=99":             "step 99 is not held: those from 1 to 76 are",
		"/api/why?seq=1000":             "is not held",
		"/api/tree?depth=2":             "depth",
		"/api/znode?path=/no":           "there is no znode /no",
		"/api/owned?node=nobody":        `no node "nobody"`,
		"/api/toml?do=kil%20x":          "did you mean",
		"/api/toml?do=kill%20historial": "column",
		"/api/steps?after=-1":           "is not the place of a step",
	} {
		_, err := c.Do(t.Context(), http.MethodGet, path, nil)
		var answer *control.AnswerError
		if !errors.As(err, &answer) || answer.Code != http.StatusBadRequest || !strings.Contains(answer.Message, want) {
			t.Errorf("%s: got %v, want a 400 with %q", path, err, want)
		}
	}
}

func TestAFaultIsAsTOML(t *testing.T) {
	c := replaying(t)
	got := get[map[string]string](t, c, "/api/toml?do=kill%20coordinator@leader%20for%205s")
	if want := "[[step]]\nat = \"0s\"\ndo = \"kill coordinator@leader for 5s\"\n"; got["toml"] != want {
		t.Errorf("got %q, want %q", got["toml"], want)
	}
	if verbs := get[[]cluster.VerbWord](t, c, "/api/verbs"); len(verbs) < 40 || verbs[0].Name != "kill" || len(verbs[0].Kinds) != 6 || verbs[0].Aims != "node" {
		t.Errorf("got %+v", verbs[:1])
	}
}
