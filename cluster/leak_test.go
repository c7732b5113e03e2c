package cluster_test

import (
	"fmt"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"oakmoot/cluster"
	"oakmoot/control"
)

func TestManyClustersRunSideBySide(t *testing.T) {
	const clusters = 25
	t.Run("together", func(t *testing.T) {
		for i := range clusters {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				c := cluster.RunT(t, small(), cluster.InMemory())
				await(t, c, "announced(historical) == 2 and leaders(coordinator) == 1 and leaders(overlord) == 1", time.Minute)
			})
		}
	})
}

func TestNothingIsLeftBehind(t *testing.T) {
	before := stacks()
	var addr string
	t.Run("run", func(t *testing.T) {
		c := cluster.RunT(t, cluster.Quickstart(), control.On("127.0.0.1:0", ""))
		await(t, c, allServed, time.Minute)
		do(t, c, "pause historical-1")
		do(t, c, "partition broker from zookeeper")
		st, err := c.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		addr = st.Nodes[0].Host
	})
	if conn, err := net.Dial("tcp", addr); err == nil {
		conn.Close()
		t.Errorf("%s still accepts connections", addr)
	}
	for deadline := time.Now().Add(10 * time.Second); ; runtime.Gosched() {
		left := newStacks(before)
		if len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines are left, the first:\n%s", len(left), left[0])
		}
	}
}

// stacks is the goroutines that run, each by the line that started it.
func stacks() map[string]bool {
	buf := make([]byte, 4<<20)
	all := map[string]bool{}
	for _, stack := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		id, _, _ := strings.Cut(stack, " [")
		all[id] = true
	}
	return all
}

// newStacks are the stacks of goroutines that did not run before.
func newStacks(before map[string]bool) []string {
	buf := make([]byte, 4<<20)
	var left []string
	for _, stack := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		id, _, _ := strings.Cut(stack, " [")
		if !before[id] && !strings.Contains(stack, "testing.") {
			left = append(left, stack)
		}
	}
	return left
}
