package cli_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"oakmoot/internal/door/cli"
)

const record = "../../stage/record/testdata/killed.jsonl"

func TestReplayServesARecordUntilItIsInterrupted(t *testing.T) {
	whole, err := os.ReadFile(record)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "cut.jsonl")
	if err := os.WriteFile(file, whole[:len(whole)-9], 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, interrupt := context.WithCancel(t.Context())
	out, stdout := io.Pipe()
	code := make(chan int, 1)
	go func() {
		code <- cli.Run(ctx, nil, nil, []string{"replay", file, "--listen", "127.0.0.1:0"}, strings.NewReader(""), stdout, io.Discard)
		stdout.Close()
	}()
	said := make([]byte, 0, 4096)
	address := regexp.MustCompile(`http://(127\.0\.0\.1:\d+)/`)
	for buffer := make([]byte, 512); !address.Match(said); {
		n, err := out.Read(buffer)
		if said = append(said, buffer[:n]...); err != nil {
			t.Fatalf("got %q, %v, want an address", said, err)
		}
	}
	go io.Copy(io.Discard, out) // so that nothing else it says is in its way
	for _, want := range []string{"killed: 75 steps from ", "cut.jsonl:77: the line is cut off"} {
		if !bytes.Contains(said, []byte(want)) {
			t.Errorf("got %q, want %q", said, want)
		}
	}
	resp, err := http.Get("http://" + string(address.FindSubmatch(said)[1]) + "/api/span")
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("got %v, %v", resp, err)
	}
	resp.Body.Close()
	interrupt()
	if got := <-code; got != cli.ExitOK {
		t.Errorf("got exit code %d once it was interrupted", got)
	}
}

func TestReplayOnEveryInterfacePrintsAddressesThatWork(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	out, stdout := io.Pipe()
	code := make(chan int, 1)
	go func() {
		code <- cli.Run(ctx, nil, nil, []string{"replay", record, "--listen", "0.0.0.0:0", "--token", "secret"}, strings.NewReader(""), stdout, io.Discard)
		stdout.Close()
	}()
	var said strings.Builder
	try := regexp.MustCompile(`try .* status --control (127\.0\.0\.1:\d+) --token secret\n`)
	for buffer := make([]byte, 512); !try.MatchString(said.String()); {
		n, err := out.Read(buffer)
		if said.Write(buffer[:n]); err != nil {
			t.Fatalf("got %q, %v, want how to ask it", said.String(), err)
		}
	}
	go io.Copy(io.Discard, out)
	page := "http://" + try.FindStringSubmatch(said.String())[1] + "/?token=secret\n"
	if !strings.Contains(said.String(), "page     "+page) || strings.Contains(said.String(), "0.0.0.0") || strings.Contains(said.String(), "[::]") {
		t.Errorf("got %q, want %q and no address that nobody can dial", said.String(), page)
	}
	interrupt()
	if got := <-code; got != cli.ExitOK {
		t.Errorf("got exit code %d once it was interrupted", got)
	}
}

func TestReplayOfWhatIsNoRecordSaysWhere(t *testing.T) {
	file := filepath.Join(t.TempDir(), "no.jsonl")
	if err := os.WriteFile(file, []byte(`{"protocol":"task","verb":"x"}`+"\nno\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	code := cli.Run(t.Context(), nil, nil, []string{"replay", file}, strings.NewReader(""), io.Discard, &stderr)
	if code != cli.ExitBadInput || !strings.Contains(stderr.String(), "no.jsonl:2: no protocol step") {
		t.Errorf("got exit code %d and %q", code, &stderr)
	}
}

func TestExplainAsksARunningCluster(t *testing.T) {
	whole, err := os.ReadFile(record)
	if err != nil {
		t.Fatal(err)
	}
	addr := serving(t, map[string]string{"/api/record": string(whole)})
	live := run(t, "explain", "--control", addr, "leader:coordinator changed")
	if stored := run(t, "explain", record, "leader:coordinator changed"); live != stored || !strings.Contains(live, "because the candidate before it left the latch") {
		t.Errorf("got\n%s\nwant\n%s", live, stored)
	}
	var stderr bytes.Buffer
	if code := cli.Run(t.Context(), nil, nil, []string{"explain", record}, strings.NewReader(""), io.Discard, &stderr); code != cli.ExitBadInput || !strings.Contains(stderr.String(), "an event or a condition is missing") {
		t.Errorf("without an event: got %d and %q", code, &stderr)
	}
}

// serving is a control address that answers these paths.
func serving(t *testing.T, answers map[string]string) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if answer, known := answers[r.URL.Path]; known {
			_, _ = io.WriteString(w, answer)
			return
		}
		http.NotFound(w, r)
	}))
	t.Cleanup(srv.Close)
	return strings.TrimPrefix(srv.URL, "http://")
}
