package trace_test

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/stage/observe"
	"oakmoot/internal/stage/trace"
	"oakmoot/internal/zk/zkpath"
)

var update = flag.Bool("update", false, "rewrite the expected lines; commit that only when you can explain it")

// commit is a line of a recording: an in-memory quickstart whose leading coordinator was killed after eight seconds,
// as committed by the server. Payloads are unpacked, and 0 is the time of the first commit.
type commit struct {
	Zxid   int64      `json:"zxid"`
	Ms     int64      `json:"ms"`
	Node   string     `json:"node"`
	Op     observe.Op `json:"op"`
	Path   string     `json:"path"`
	Data   string     `json:"data"`
	Lapsed bool       `json:"lapsed"`
}

// quickstart is the recording as steps.
func quickstart(t *testing.T) []trace.Step {
	t.Helper()
	f, err := os.Open("testdata/quickstart.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	paths, err := zkpath.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	held := map[string][]byte{}
	var steps []trace.Step
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var c commit
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatalf("%s: %v", lines.Bytes(), err)
		}
		change := observe.Change{
			Zxid: c.Zxid, Op: c.Op, Path: c.Path, Before: held[c.Path], After: []byte(c.Data), Lapsed: c.Lapsed,
			Time: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(c.Ms) * time.Millisecond),
		}
		held[c.Path] = change.After
		event := observe.Tell(paths, change)
		event.Node = c.Node
		steps = append(steps, trace.Step(event))
	}
	if len(steps) == 0 {
		t.Fatal("nothing is recorded")
	}
	return steps
}

func TestQuickstartReadsInDruidsWords(t *testing.T) {
	var told strings.Builder
	for _, s := range quickstart(t) {
		fmt.Fprintf(&told, "%s  %s: %s | %s | %s | %s | %s\n", s.Time.Format("05.000"), s.Node, s.Protocol, s.Verb, s.Subject, s.Peer, s.Detail)
	}
	const file = "testdata/quickstart.txt"
	if *update {
		if err := os.WriteFile(file, []byte(told.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(told.String(), "\n")); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}
