package cli_test

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"oakmoot/internal/door/cli"
)

// tracing is a control address that remembers three steps and then ends.
func tracing(t *testing.T) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/trace" {
			http.NotFound(w, r)
			return
		}
		for _, line := range []string{
			`"node":"overlord-1","protocol":"layout","verb":"create","subject":"/druid"`,
			`"node":"overlord-1","protocol":"task","verb":"task assigned","subject":"index_x","peer":"h:8091","detail":"soon","payload":"{}"`,
			`"node":"","protocol":"election","verb":"coordinator leads","subject":"druid:coordinator"`,
		} {
			fmt.Fprintf(w, `{"zxid":1,"time":"2019-01-01T00:00:00.5Z",%s}`+"\n", line)
		}
	}))
	t.Cleanup(srv.Close)
	return strings.TrimPrefix(srv.URL, "http://")
}

func run(t *testing.T, args ...string) (out string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := cli.Run(t.Context(), nil, nil, args, strings.NewReader(""), &stdout, &stderr); code != cli.ExitOK {
		t.Fatalf("%v: got exit code %d with %s", args, code, &stderr)
	}
	return stdout.String()
}

func TestTracePrintsALineForEachStep(t *testing.T) {
	addr := tracing(t)
	const task = "00:00:00.500  overlord-1        task         task assigned            index_x @ h:8091  soon\n"
	const leads = "00:00:00.500  ?                 election     coordinator leads        druid:coordinator\n"
	if got := run(t, "trace", "--control", addr); got != task+leads {
		t.Errorf("got\n%swant\n%s", got, task+leads)
	}
	if got := run(t, "trace", "--control", addr, "--all"); strings.Count(got, "\n") != 3 {
		t.Errorf("with --all: got\n%swant three lines", got)
	}
	if got := run(t, "trace", "--control", addr, "--json"); !strings.Contains(got, `"payload":"{}"`) || strings.Count(got, "\n") != 3 {
		t.Errorf("with --json: got\n%swant three objects, one with its payload", got)
	}
}

func TestTraceDrawsADiagram(t *testing.T) {
	file := filepath.Join(t.TempDir(), "d.html")
	if got, want := run(t, "trace", "--control", tracing(t), "--diagram", file), "3 steps drawn into "+file+"\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(string(page), `class="arrow`); got != 3 {
		t.Errorf("got %d arrows, want 3", got)
	}
}

func TestTraceSaysSoWhenNobodyAnswersInItsTime(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0") // nobody takes what comes
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	var stdout, stderr bytes.Buffer
	args := []string{"trace", "--control", ln.Addr().String(), "--for", "10ms"}
	code := cli.Run(t.Context(), nil, nil, args, strings.NewReader(""), &stdout, &stderr)
	if want := "no cluster answers at " + ln.Addr().String() + ": did not answer while --for lasted"; code != cli.ExitUnavailable || !strings.Contains(stderr.String(), want) {
		t.Errorf("got exit code %d with %q, want %q", code, &stderr, want)
	}
}
