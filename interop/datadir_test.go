//go:build interop

package interop

import (
	"bytes"
	"context"
	"io"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"oakmoot/interop/real"
	"oakmoot/zkembed"
)

// Data directories go to a real Apache ZooKeeper and come from one: the tree served is the same, with all its stats.

func TestOursStartsOnWhatApacheWrote(t *testing.T) {
	zookeeper, dir := apache(t)
	p := startApache(t, zookeeper, dir)
	want := filled(t, p.Host, "2000")
	p.Kill()
	<-p.Done()
	to := filepath.Join(dir, "ours")
	done, err := zkembed.ImportApache(filepath.Join(dir, "data"), "", to)
	if err != nil || len(done.Notes) > 0 {
		t.Fatalf("import: got %v, notes %q, want neither", err, done.Notes)
	}
	srv := zkembed.RunT(t, zkembed.Options{DataDir: to, ExtendedTypes: true})
	if diff := cmp.Diff(want, filled(t, srv.Addr(), "dump")); diff != "" {
		t.Errorf("(-Apache's +ours)\n%s", diff)
	}
}

func TestApacheStartsOnWhatOursWrote(t *testing.T) {
	zookeeper, dir := apache(t)
	from := filepath.Join(dir, "ours")
	want := ranOurs(t, from)
	if _, err := zkembed.ExportApache(from, filepath.Join(dir, "data")); err != nil {
		t.Fatal(err)
	}
	p := startApache(t, zookeeper, dir)
	if diff := cmp.Diff(want, filled(t, p.Host, "dump")); diff != "" {
		t.Errorf("(-ours +Apache's)\n%s", diff)
	}
	// DataTree has compared the tree with the digest in the snapshot.
	if mntr := word(t, p.Host, "mntr"); !strings.Contains(mntr, "zk_digest_mismatches_count\t0\n") {
		t.Errorf("got %s, want no mismatch of digests", mntr)
	}
}

// apache is an Apache ZooKeeper to start, and a directory for it.
func apache(t *testing.T) (*real.ZooKeeper, string) {
	t.Helper()
	kit, err := real.Open(t.Context())
	if err != nil {
		unavailable(t, err)
	}
	zookeeper, err := kit.ZooKeeper(t.Context())
	if err != nil {
		unavailable(t, err)
	}
	return zookeeper, t.TempDir()
}

// startApache starts a server on dir/data that takes snapshots often; settings are further lines of its zoo.cfg.
func startApache(t *testing.T, zookeeper *real.ZooKeeper, dir string, settings ...string) *real.Process {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	p, err := zookeeper.Start(ctx, dir, append(settings, "snapCount=500")...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Destroy)
	return p
}

// ranOurs has one of our servers fill a directory, and returns its tree.
func ranOurs(t *testing.T, dir string) (tree string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	srv := zkembed.New(zkembed.Options{DataDir: dir, SnapshotEvery: 500, ExtendedTypes: true})
	done := make(chan error, 1)
	go func() { done <- srv.Run(ctx) }()
	select {
	case err := <-done:
		t.Fatal(err)
	case <-srv.Ready():
	}
	tree = filled(t, srv.Addr(), "2000")
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	return tree
}

// filled fills a server with the given number of changes, or with "dump" only asks it, and returns its tree.
func filled(t *testing.T, addr, how string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "run", "oakmoot/internal/zk/zkfile/testdata/make", addr, how)
	var log bytes.Buffer
	cmd.Stderr = &log
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("make %s: %v\n%s", how, err, log.String())
	}
	return string(out)
}

// word sends a four-letter word.
func word(t *testing.T, addr, name string) string {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(patience)) // always works on a socket
	if _, err := c.Write([]byte(name)); err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
