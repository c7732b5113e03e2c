package zkembed_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"oakmoot/internal/zk/zkwire"
	"oakmoot/zkembed"
)

// What large numbers cost a server. One iteration is one server, so run these with
// -benchtime 1x.

// heapInUse is what is allocated, without garbage.
func heapInUse() float64 {
	runtime.GC()
	runtime.GC() // the second frees what the first finalized
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// flood sends requests ahead and waits for all of their answers.
func (c *wireClient) flood(n int, request func(i int) (zkwire.Op, zkwire.Record)) {
	c.t.Helper()
	var sending sync.WaitGroup
	defer sending.Wait()
	sending.Go(func() {
		for i := range n {
			c.ask(request(i))
		}
	})
	for i := range n {
		if code, _, err := c.answer(); code != zkwire.OK || err != nil {
			c.t.Fatalf("request %d of %d: got %v, %v", i, n, code, err)
		}
	}
}

func createNth(format string, bytes int, flags int32) func(i int) (zkwire.Op, zkwire.Record) {
	data := make([]byte, bytes)
	return func(i int) (zkwire.Op, zkwire.Record) {
		return zkwire.OpCreate, &zkwire.CreateRequest{Path: fmt.Sprintf(format, i), Data: data, ACL: zkwire.OpenACL, Flags: flags}
	}
}

func openScale(b testing.TB, srv *zkembed.Server) *wireClient {
	c := dialWire(b, srv.Endpoints()[0])
	if _, err := c.open(zkwire.ConnectRequest{}); err != nil {
		b.Fatal(err)
	}
	return c
}

func BenchmarkScale10000Sessions(b *testing.B) {
	const n = 10_000
	for b.Loop() {
		srv := zkembed.RunT(b)
		before, start := heapInUse(), time.Now()
		for range n {
			openScale(b, srv)
		}
		b.ReportMetric(float64(time.Since(start).Microseconds())/n, "µs/session")
		b.ReportMetric((heapInUse()-before)/n, "B/session")
		if sessions, err := srv.Sessions(b.Context()); err != nil || len(sessions) != n {
			b.Fatalf("got %d sessions, %v", len(sessions), err)
		}
	}
}

// BenchmarkScaleMillionNodes makes nodes of 100 bytes, in directories of 1,000.
func BenchmarkScaleMillionNodes(b *testing.B) {
	const dirs, each = 1000, 1000
	for b.Loop() {
		opts := zkembed.Options{DataDir: b.TempDir(), Fsync: zkembed.FsyncNever}
		before, start := heapInUse(), time.Now()
		srv, stop := runUntilStopped(b, opts)
		c := openScale(b, srv)
		c.flood(dirs, createNth("/d%04d", 0, 0))
		for d := range dirs {
			c.flood(each, createNth(fmt.Sprintf("/d%04d/n", d)+"%09d", 100, 0))
		}
		b.ReportMetric(time.Since(start).Seconds(), "s-to-fill")
		b.ReportMetric((heapInUse()-before)/dirs/each, "B/node")
		stop()
		start = time.Now()
		srv, stop = runUntilStopped(b, opts)
		b.ReportMetric(time.Since(start).Seconds(), "s-to-restart")
		if code, _, err := openScale(b, srv).do(zkwire.OpExists, &zkwire.ReadRequest{Path: "/d0999/n000000999"}); code != zkwire.OK || err != nil {
			b.Errorf("the last node, after the restart: got %v, %v", code, err)
		}
		stop()
	}
}

// runUntilStopped is RunT for a server that ends before the test does.
func runUntilStopped(t testing.TB, opts zkembed.Options) (srv *zkembed.Server, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	srv = zkembed.New(opts)
	done := make(chan error, 1)
	go func() { done <- srv.Run(ctx) }()
	select {
	case <-srv.Ready():
	case err := <-done:
		t.Fatal(err)
	}
	return srv, func() {
		t.Helper()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// BenchmarkScale100000Watches are set by 100 sessions, and fire one after the other.
func BenchmarkScale100000Watches(b *testing.B) {
	const sessions, each = 100, 1000
	for b.Loop() {
		srv := zkembed.RunT(b)
		writer := openScale(b, srv)
		writer.flood(sessions*each, createNth("/w%06d", 0, 0))
		var watchers []*wireClient
		for range sessions {
			watchers = append(watchers, openScale(b, srv))
		}
		before, start := heapInUse(), time.Now()
		for w, c := range watchers {
			c.flood(each, func(i int) (zkwire.Op, zkwire.Record) {
				return zkwire.OpGetData, &zkwire.ReadRequest{Path: fmt.Sprintf("/w%06d", w*each+i), Watch: true}
			})
		}
		b.ReportMetric(float64(time.Since(start).Nanoseconds())/sessions/each, "ns-to-set/watch")
		b.ReportMetric((heapInUse()-before)/sessions/each, "B/watch")
		start = time.Now()
		var told sync.WaitGroup
		for _, c := range watchers {
			told.Go(func() {
				for range each {
					if _, err := c.frame(); err != nil {
						b.Error(err)
						return
					}
				}
			})
		}
		writer.flood(sessions*each, func(i int) (zkwire.Op, zkwire.Record) {
			return zkwire.OpSetData, &zkwire.SetDataRequest{Path: fmt.Sprintf("/w%06d", i), Version: -1}
		})
		told.Wait()
		b.ReportMetric(float64(time.Since(start).Nanoseconds())/sessions/each, "ns-to-fire/watch")
	}
}

func BenchmarkScaleParentOf100000Children(b *testing.B) {
	const n = 100_000
	for b.Loop() {
		srv := zkembed.RunT(b)
		c := openScale(b, srv)
		before, start := heapInUse(), time.Now()
		c.flood(1, func(int) (zkwire.Op, zkwire.Record) {
			return zkwire.OpCreate, &zkwire.CreateRequest{Path: "/p", ACL: zkwire.OpenACL}
		})
		c.flood(n, createNth("/p/child-%010d", 0, 0))
		b.ReportMetric(float64(time.Since(start).Nanoseconds())/n, "ns-to-create/child")
		b.ReportMetric((heapInUse()-before)/n, "B/child")
		start = time.Now()
		_, d, err := c.do(zkwire.OpGetChildren, &zkwire.ReadRequest{Path: "/p"})
		if err != nil || len(d.Strings()) != n {
			b.Fatalf("children: got %v", err)
		}
		b.ReportMetric(float64(time.Since(start).Microseconds())/1000, "ms-to-list")
		start = time.Now()
		c.flood(n, func(i int) (zkwire.Op, zkwire.Record) {
			return zkwire.OpDelete, &zkwire.VersionRequest{Path: fmt.Sprintf("/p/child-%010d", i), Version: -1}
		})
		b.ReportMetric(float64(time.Since(start).Nanoseconds())/n, "ns-to-delete/child")
	}
}

// BenchmarkScaleEphemeralsClosedAtOnce ends a session that owns many.
func BenchmarkScaleEphemeralsClosedAtOnce(b *testing.B) {
	for _, n := range []int{100_000, 2_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				srv := zkembed.RunT(b, zkembed.Options{DataDir: b.TempDir(), MaxSessionTimeout: lasting})
				c, other := openScale(b, srv), openScale(b, srv)
				before := heapInUse()
				c.flood(1, func(int) (zkwire.Op, zkwire.Record) {
					return zkwire.OpCreate, &zkwire.CreateRequest{Path: "/p", ACL: zkwire.OpenACL}
				})
				c.flood(n, createNth("/p/e-%010d", 0, zkwire.FlagEphemeral))
				b.ReportMetric((heapInUse()-before)/float64(n), "B/ephemeral")
				start := time.Now()
				if code, _, err := c.do(zkwire.OpCloseSession, nil); code != zkwire.OK || err != nil {
					b.Fatalf("close: got %v, %v", code, err)
				}
				b.ReportMetric(float64(time.Since(start).Microseconds())/float64(n), "µs-to-close/ephemeral")
				if _, d, err := other.do(zkwire.OpGetChildren, &zkwire.ReadRequest{Path: "/p"}); err != nil || len(d.Strings()) > 0 {
					b.Errorf("left behind: %v", err)
				}
			}
		})
	}
}

// TestFiveHundredServersLeaveNothingBehind counts goroutines, open files and
// sockets, and locks of directories.
func TestFiveHundredServersLeaveNothingBehind(t *testing.T) {
	const servers = 500
	openFiles := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			return 0 // not on Linux: goroutines are counted anyway
		}
		return len(entries)
	}
	dir := t.TempDir()
	beforeGoroutines, beforeFiles := runtime.NumGoroutine(), openFiles()
	var list []*zkembed.Server
	var stops []func()
	for i := range servers {
		o := zkembed.Options{MaxSessionTimeout: lasting, Words: []string{"ruok"}}
		if i%10 == 0 { // files are slow: one in ten has some
			o.DataDir, o.Fsync = filepath.Join(dir, fmt.Sprint(i)), zkembed.FsyncNever
		}
		srv, stop := runUntilStopped(t, o)
		list, stops = append(list, srv), append(stops, stop)
	}
	for i, srv := range list {
		c, _ := openWire(t, srv, "", lasting)
		c.flood(2, createNth(fmt.Sprintf("/of-%d-", i)+"%d", 10, zkwire.FlagEphemeral))
		if ok := word(t, srv.Endpoints()[0], "ruok"); ok != "imok" {
			t.Errorf("server %d: got %q", i, ok)
		}
	}
	for i, srv := range list {
		if sessions, err := srv.Sessions(t.Context()); err != nil || len(sessions) != 1 || sessions[0].Ephemerals != 2 {
			t.Errorf("server %d: got %+v, %v; want one session with two ephemerals", i, sessions, err)
		}
	}
	for _, stop := range stops {
		stop()
	}
	for patience := time.Now().Add(time.Minute); runtime.NumGoroutine() > beforeGoroutines && time.Now().Before(patience); {
		runtime.Gosched() // those of this test are about to end
	}
	if got := runtime.NumGoroutine(); got > beforeGoroutines {
		buf := make([]byte, 1<<16)
		t.Errorf("goroutines: got %d, want the %d of before\n%s", got, beforeGoroutines, buf[:runtime.Stack(buf, true)])
	}
	if got := openFiles(); got > beforeFiles {
		t.Errorf("open files: got %d, want the %d of before", got, beforeFiles)
	}
	for i := 0; i < servers; i += 10 {
		if zkembed.DirInUse(filepath.Join(dir, fmt.Sprint(i))) {
			t.Errorf("directory of server %d is still locked", i)
		}
	}
}
