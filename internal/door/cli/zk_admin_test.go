package cli

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// ran runs a command until its standard error has a line that contains last, and returns everything up to that line.
// The command ends with the test.
func ran(t *testing.T, last string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	in, out := io.Pipe()
	done := make(chan int, 1)
	go func() {
		done <- Run(ctx, nil, nil, args, strings.NewReader(""), io.Discard, out)
		out.Close()
	}()
	t.Cleanup(func() {
		cancel()
		if code := <-done; code != ExitOK {
			t.Errorf("got exit code %d, want %d", code, ExitOK)
		}
	})
	var text strings.Builder
	for buf := make([]byte, 4096); !strings.Contains(text.String(), last); {
		n, err := in.Read(buf)
		if text.Write(buf[:n]); err != nil {
			t.Fatalf("got %s and %v, want %q in it", text.String(), err, last)
		}
	}
	go func() { _, _ = io.Copy(io.Discard, in) }() // until the command ends
	return text.String()
}

func page(t *testing.T, url string) string {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestAdminAndMetricsAreServedAtTheirAddresses(t *testing.T) {
	cfg := filepath.Join(t.TempDir(), "zoo.cfg")
	const text = "clientPort=0\nclientPortAddress=127.0.0.1\nadmin.serverPort=0\nadmin.serverAddress=127.0.0.1\n" +
		"metricsProvider.className=org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider\nmetricsProvider.httpHost=127.0.0.1\nmetricsProvider.httpPort=0\n"
	if err := os.WriteFile(cfg, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	banner := ran(t, "ready", "zk", "--config", cfg)
	addr := regexp.MustCompile(`admin at (http://[0-9.:]+)/commands\nmetrics at (http://[0-9.:]+)/metrics\n`).FindStringSubmatch(banner)
	if addr == nil {
		t.Fatalf("got %s, want both addresses", banner)
	}
	if got := page(t, addr[1]+"/commands/initial_configuration"); !strings.Contains(got, `clientPort=0\nclientPortAddress=127.0.0.1`) {
		t.Errorf("got %s, want the text of zoo.cfg", got)
	}
	for _, url := range []string{addr[1] + "/metrics", addr[2] + "/metrics"} {
		if got := page(t, url); !strings.Contains(got, "\nznode_count 5\n") {
			t.Errorf("%s: got %s, want 5 nodes", url, got)
		}
	}
	if got := page(t, addr[2]+"/commands"); !strings.Contains(got, "404") {
		t.Errorf("the address of the metrics alone: got %s, want no commands", got)
	}
	for header, value := range map[string]string{"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site", "Host": "evil.example"} {
		req, _ := http.NewRequest(http.MethodGet, addr[1]+"/commands/dump", nil)
		req.Header.Set(header, value)
		req.Host = req.Header.Get("Host")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %s: got %d, want %d", header, value, resp.StatusCode, http.StatusForbidden)
		}
	}
}

func TestAdminAddressInUseIsUnavailable(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	var out strings.Builder
	code := Run(t.Context(), nil, nil, []string{"zk", "--listen", "127.0.0.1:0", "--admin", taken.Addr().String()}, strings.NewReader(""), io.Discard, &out)
	if code != ExitUnavailable || !strings.Contains(out.String(), "address already in use") {
		t.Errorf("got exit code %d, %s; want %d and what is in use", code, out.String(), ExitUnavailable)
	}
}
