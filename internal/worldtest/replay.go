package worldtest

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Call sends a request; what differs from run to run is taken out of the answer.
type Call func(method, path, body string) (code int, answer string)

// Replay sends the requests of a file, "GET path" or "POST path body", and compares
// the answers with the line below each; or, with update, rewrites those. A line
// "wait 5s" lets that much time pass, a line "# …" is a comment. scene is to call
// play once, inside a bubble, with the bubble's own t.
func Replay(t *testing.T, file string, update bool, scene func(play func(*testing.T, Call))) {
	t.Helper()
	script, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got string
	scene(func(t *testing.T, call Call) { got = answer(t, string(script), call) })
	if update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(script), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// answer is a script with the answers of this run.
func answer(t *testing.T, script string, call Call) string {
	t.Helper()
	var got strings.Builder
	for _, line := range strings.Split(script, "\n") {
		method, rest, _ := strings.Cut(line, " ")
		switch method {
		case "GET", "POST", "DELETE":
			path, body, _ := strings.Cut(rest, " ")
			code, answer := call(method, path, body)
			fmt.Fprintf(&got, "%s\n%d %s\n", line, code, answer)
		case "wait":
			d, err := time.ParseDuration(rest)
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(d)
			fmt.Fprintln(&got, line)
		case "#", "":
			fmt.Fprintln(&got, line)
		}
	}
	return strings.TrimSuffix(got.String(), "\n")
}
