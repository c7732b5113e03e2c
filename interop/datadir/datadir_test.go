// Package datadir has tests only: data directories go to a real Apache ZooKeeper and
// come from one.
package datadir

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"oakmoot/zkembed"
)

// classPath names the variable with the class path of an Apache ZooKeeper 3.9:
// its jar and what that needs.
const classPath = "OAKMOOT_ZOOKEEPER_CP"

func TestOursStartsOnWhatApacheWrote(t *testing.T) {
	needsApache(t)
	from, to := t.TempDir(), filepath.Join(t.TempDir(), "ours")
	apache := startApache(t, from)
	want := makeTree(t, apache.addr, "2000")
	apache.kill()
	done, err := zkembed.ImportApache(from, "", to)
	if err != nil || len(done.Notes) > 0 {
		t.Fatalf("import: got %v, notes %q, want neither", err, done.Notes)
	}
	srv := zkembed.RunT(t, zkembed.Options{DataDir: to})
	if diff := cmp.Diff(want, makeTree(t, srv.Addr(), "dump")); diff != "" {
		t.Errorf("(-Apache's +ours)\n%s", diff)
	}
}

func TestApacheStartsOnWhatOursWrote(t *testing.T) {
	needsApache(t)
	from, to := t.TempDir(), filepath.Join(t.TempDir(), "apache")
	want := ranOurs(t, from)
	if _, err := zkembed.ExportApache(from, to); err != nil {
		t.Fatal(err)
	}
	apache := startApache(t, to)
	if diff := cmp.Diff(want, makeTree(t, apache.addr, "dump")); diff != "" {
		t.Errorf("(-ours +Apache's)\n%s", diff)
	}
	apache.kill()
	// DataTree compares the tree with the digest in the snapshot.
	if log := apache.log.String(); !strings.Contains(log, "The digest in the snapshot has digest version of 2") || strings.Contains(log, "not matching") {
		t.Errorf("Apache ZooKeeper is not content:\n%s", log)
	}
}

// ranOurs lets a server of ours fill a directory, and returns its tree.
func ranOurs(t *testing.T, dir string) (tree string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	srv := zkembed.New(zkembed.Options{DataDir: dir, SnapshotEvery: 500})
	done := make(chan error, 1)
	go func() { done <- srv.Run(ctx) }()
	<-srv.Ready()
	tree = makeTree(t, srv.Addr(), "2000")
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	return tree
}

func needsApache(t *testing.T) {
	if os.Getenv(classPath) == "" {
		t.Skip(classPath + " is not set: it is the class path of an Apache ZooKeeper 3.9")
	}
}

// makeTree fills a server, or with "dump" only asks it, and returns its tree.
func makeTree(t *testing.T, addr, how string) string {
	t.Helper()
	cmd := exec.Command("go", "run", "oakmoot/internal/zkfile/testdata/make", addr, how)
	var log bytes.Buffer
	cmd.Stderr = &log
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("make %s: %v\n%s", how, err, log.String())
	}
	return string(out)
}

// apache is a running server.
type apache struct {
	addr string
	log  *bytes.Buffer
	kill func()
}

func startApache(t *testing.T, dir string) *apache {
	t.Helper()
	port := freePort(t)
	cfg := filepath.Join(t.TempDir(), "zoo.cfg")
	text := fmt.Sprintf("tickTime=2000\ndataDir=%s\nclientPort=%d\nclientPortAddress=127.0.0.1\nadmin.enableServer=false\nextendedTypesEnabled=true\n", dir, port)
	if err := os.WriteFile(cfg, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	a := &apache{addr: fmt.Sprintf("127.0.0.1:%d", port), log: &bytes.Buffer{}}
	cmd := exec.Command("java", "-Dlogback.configurationFile="+logging(t), "-XX:TieredStopAtLevel=1", "-Xmx256m", "-Dzookeeper.snapCount=500", "-cp", os.Getenv(classPath),
		"org.apache.zookeeper.server.ZooKeeperServerMain", cfg)
	cmd.Stdout, cmd.Stderr = a.log, a.log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	killed := false
	a.kill = func() {
		if !killed {
			killed = true
			_ = cmd.Process.Signal(syscall.SIGKILL) // it may have ended by itself
			_ = cmd.Wait()                          // and was killed
		}
	}
	t.Cleanup(a.kill)
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if c, err := net.Dial("tcp", a.addr); err == nil {
			c.Close()
			return a
		}
	}
	a.kill()
	t.Fatalf("Apache ZooKeeper does not listen:\n%s", a.log)
	return nil
}

// logging is a configuration of logback, which else tells of every packet.
func logging(t *testing.T) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "logback.xml")
	const text = `<configuration><appender name="A" class="ch.qos.logback.core.ConsoleAppender"><encoder><pattern>%level %msg%n</pattern></encoder></appender>
<root level="INFO"><appender-ref ref="A"/></root></configuration>`
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// freePort is a port that nobody listens on; a JVM cannot be asked for one of its
// choice.
func freePort(t *testing.T) int {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).Port
}
