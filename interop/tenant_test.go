//go:build interop

package interop

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"oakmoot/interop/real"
	"oakmoot/zkembed"
)

// tenantSession is the session timeout that other people's software asks for here: it is most of what a failover takes.
const tenantSession = 6 * time.Second

// tenants is other people's software that keeps its coordination in one of our ZooKeepers.
type tenants struct {
	kit  *real.Kit
	dir  string // of their processes
	ours *zkembed.Server
	door *door // where they connect
}

// newTenants is an empty ZooKeeper for software to move into. The processes' directories are kept if the test fails.
func newTenants(t *testing.T) *tenants {
	t.Helper()
	t.Parallel()
	kit, err := real.Open(t.Context())
	if err != nil {
		unavailable(t, err)
	}
	dir, err := os.MkdirTemp("", "oakmoot-tenants-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("logs are kept in %s", dir)
			return
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Log(err)
		}
	})
	ours := zkembed.RunT(t, zkembed.Options{DataDir: filepath.Join(dir, "zookeeper"), Tick: 500 * time.Millisecond, Words: []string{"*"}})
	return &tenants{kit, dir, ours, openDoor(t, ours.Addr())}
}

// moved has a process stopped when the test ends. launched is what a launch returned.
func moved(t *testing.T) func(p *real.Process, err error) *real.Process {
	return func(p *real.Process, err error) *real.Process {
		t.Helper()
		if err != nil {
			unavailable(t, err)
		}
		t.Cleanup(p.Destroy)
		return p
	}
}

// at is the directory of a process.
func (o *tenants) at(name string) string { return filepath.Join(o.dir, name) }

// awaitNode waits until what a node holds is as wanted, and returns it. A node that does not exist holds nothing.
func (o *tenants) awaitNode(t *testing.T, path string, wanted func(data string) bool) (data string) {
	t.Helper()
	o.await(t, path, func() bool { data = o.data(t, path); return wanted(data) })
	return data
}

// awaitChildren waits until a node has this many children.
func (o *tenants) awaitChildren(t *testing.T, path string, n int32) {
	t.Helper()
	o.await(t, path, func() bool { return o.look(t, path).Stat.NumChildren == n })
}

// await waits until something holds, which it asks after each change.
func (o *tenants) await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	last, err := o.ours.LastCommit(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if holds() {
		return
	}
	for range o.ours.Commits(ctx, last+1) { // a gap is a change too
		if holds() {
			return
		}
	}
	tree, _ := o.ours.Dump(t.Context()) // it is only shown
	t.Fatalf("%s is not what is waited for:\n%s", what, tree)
}

// data is what a node holds.
func (o *tenants) data(t *testing.T, path string) string {
	t.Helper()
	return string(o.look(t, path).Data)
}

// look is a node, or an empty one if there is none.
func (o *tenants) look(t *testing.T, path string) zkembed.Node {
	t.Helper()
	nodes, _, err := o.ours.Look(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range nodes {
		if n.Path == path {
			return n
		}
	}
	return zkembed.Node{}
}

// port is where a process serves.
func port(p *real.Process) string {
	_, port, _ := net.SplitHostPort(p.Host) // it has one
	return port
}

// ran waits until a process has ended, and returns what it wrote.
func ran(t *testing.T, p *real.Process) string {
	t.Helper()
	select {
	case <-p.Done():
	case <-time.After(patience):
		t.Fatalf("%s does not end:\n%s", p.Name, p.Log())
	}
	return p.Log()
}

// tell logs what was started and killed, what the failover took, and which operations were asked for: the row of the
// table in WHO-RUNS.md, which it also replaces there if OAKMOOT_WHO_RUNS names that file.
func (o *tenants) tell(t *testing.T, software, started, killed string, took time.Duration) {
	t.Helper()
	row := fmt.Sprintf("| %s | %s | %s | %.1f | %s |", software, started, killed, took.Seconds(), o.door.operations())
	t.Log(row)
	file := os.Getenv("OAKMOOT_WHO_RUNS")
	if file == "" {
		return
	}
	if err := replaceRow(file, row); err != nil {
		t.Error(err)
	}
}

// replaceRow replaces the row with the same first cell in a file's table.
func replaceRow(file, row string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	first := strings.SplitAfterN(row, "|", 3)[1]
	lines := strings.Split(string(text), "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "|"+first) {
			lines[i] = row
			return os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o644)
		}
	}
	return fmt.Errorf("%s has no row of%s", file, first)
}
