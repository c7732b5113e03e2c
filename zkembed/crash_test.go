package zkembed_test

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"oakmoot/internal/zk/zkwire"
	"oakmoot/zkembed"
)

var crashes = flag.Int("crashes", 5, "how often TestKilledServerKeepsWhatItAcknowledged kills its server")

// crashDir, in the environment, makes the test binary a server on that directory.
const crashDir = "ZKEMBED_CRASH_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		serveUntilKilled(dir)
	}
	os.Exit(m.Run())
}

// serveUntilKilled serves until its process is killed, or its parent is gone.
func serveUntilKilled(dir string) {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // ends with the parent
		cancel()
	}()
	srv := zkembed.New(zkembed.Options{DataDir: dir, SnapshotEvery: 700, MaxSessionTimeout: time.Hour})
	go func() {
		<-srv.Ready()
		fmt.Println(srv.Addr())
	}()
	if err := srv.Run(ctx); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	os.Exit(0)
}

const (
	crashWriters = 4
	crashAhead   = 8   // requests that a writer sends ahead
	leastAcks    = 50  // between two crashes
	mostAcks     = 900 // as many more
)

// crash is a data directory, what was written to it, and the server that gets killed.
type crash struct {
	t       *testing.T
	dir     string
	addr    string
	process *exec.Cmd
	writers [crashWriters]*crashWriter
	acks    atomic.Int64 // of this round
	keeper  zkwire.ConnectResponse
	seen    atomic.Int64 // the highest zxid that any client was told
}

// crashWriter is what one client wrote, in order: a node under its own, then its
// counter, in turns.
type crashWriter struct {
	base        string
	sent, acked int // steps, of all rounds
}

// TestKilledServerKeepsWhatItAcknowledged kills a server that fsyncs, under load,
// again and again: nothing acknowledged is lost, nothing is there that was not sent, what
// was under way is there up to some point and not beyond, no zxid is given out twice, and
// a session and its ephemeral live on.
func TestKilledServerKeepsWhatItAcknowledged(t *testing.T) {
	k := &crash{t: t, dir: t.TempDir()}
	for i := range k.writers {
		k.writers[i] = &crashWriter{base: fmt.Sprintf("/w%d", i)}
	}
	for round := range *crashes {
		k.start()
		k.verify(round)
		k.load(round)
	}
	k.start()
	k.verify(*crashes)
	total := 0
	for _, w := range k.writers {
		total += w.acked
	}
	t.Logf("%d crashes, %d acknowledged writes, zxid 0x%x", *crashes, total, k.seen.Load())
}

func (k *crash) start() {
	k.process = exec.Command(os.Args[0])
	k.process.Env = append(os.Environ(), crashDir+"="+k.dir)
	_, err := k.process.StdinPipe()
	if err != nil {
		k.t.Fatal(err)
	}
	out, err := k.process.StdoutPipe()
	if err != nil {
		k.t.Fatal(err)
	}
	if err := k.process.Start(); err != nil {
		k.t.Fatal(err)
	}
	process := k.process
	k.t.Cleanup(func() { _ = process.Process.Kill() }) // most have been killed already
	line, err := bufio.NewReader(out).ReadString('\n')
	if k.addr = strings.TrimSpace(line); err != nil || !strings.HasPrefix(k.addr, "127.0.0.1:") {
		k.t.Fatalf("server: got %q, %v; want its address", line, err)
	}
}

func (k *crash) dial(q zkwire.ConnectRequest) (*wireClient, zkwire.ConnectResponse) {
	nc, err := net.Dial("tcp", k.addr)
	if err != nil {
		k.t.Fatal(err)
	}
	c := newWireClient(k.t, nc)
	q.LastZxid, q.Timeout = zkwire.Zxid(k.seen.Load()), 10*time.Minute
	answer, err := c.open(q)
	if err != nil || answer.Session == 0 || q.Session != 0 && answer.Session != q.Session {
		k.t.Fatalf("connect to session 0x%x: got %+v, %v", q.Session, answer, err)
	}
	return c, answer
}

// load writes until enough is acknowledged, and then kills the server.
func (k *crash) load(round int) {
	k.acks.Store(0)
	enough := int64(leastAcks + rand.IntN(mostAcks))
	reached := make(chan struct{})
	var once sync.Once
	var writing sync.WaitGroup
	for _, w := range k.writers {
		c, _ := k.dial(zkwire.ConnectRequest{})
		if round == 0 {
			for _, path := range []string{w.base, w.base + "-counter"} {
				k.must(c, zkwire.OpCreate, &zkwire.CreateRequest{Path: path, ACL: zkwire.OpenACL})
			}
		}
		writing.Go(func() {
			for k.writeAhead(c, w) {
				if k.acks.Load() >= enough {
					once.Do(func() { close(reached) })
				}
			}
			once.Do(func() { close(reached) })
		})
	}
	<-reached
	if err := k.process.Process.Kill(); err != nil {
		k.t.Fatal(err)
	}
	writing.Wait()
	_ = k.process.Wait() // it was killed
}

// writeAhead sends some steps and counts the answers; false once none come.
func (k *crash) writeAhead(c *wireClient, w *crashWriter) bool {
	for range crashAhead {
		if n := w.sent / 2; w.sent%2 == 0 {
			c.ask(zkwire.OpCreate, &zkwire.CreateRequest{Path: fmt.Sprintf("%s/%d", w.base, n), Data: []byte(strconv.Itoa(n)), ACL: zkwire.OpenACL})
		} else {
			c.ask(zkwire.OpSetData, &zkwire.SetDataRequest{Path: w.base + "-counter", Data: []byte(strconv.Itoa(n)), Version: -1})
		}
		w.sent++
	}
	for range crashAhead {
		header, err := c.header()
		if err != nil {
			return false
		}
		if header.Code != zkwire.OK {
			k.t.Errorf("%s, step %d: got %v", w.base, w.acked, header.Code)
		}
		w.acked++
		k.acks.Add(1)
		for seen := k.seen.Load(); int64(header.Zxid) > seen && !k.seen.CompareAndSwap(seen, int64(header.Zxid)); {
			seen = k.seen.Load()
		}
	}
	return true
}

// verify looks for what should be there after a restart, and has the writers go on from
// there.
func (k *crash) verify(round int) {
	if round == 0 {
		c, opened := k.dial(zkwire.ConnectRequest{})
		k.keeper = opened
		k.must(c, zkwire.OpCreate, &zkwire.CreateRequest{Path: "/kept", ACL: zkwire.OpenACL, Flags: zkwire.FlagEphemeral})
		return
	}
	c, _ := k.dial(zkwire.ConnectRequest{Session: k.keeper.Session, Password: k.keeper.Password})
	k.must(c, zkwire.OpExists, &zkwire.ReadRequest{Path: "/kept"})
	for _, w := range k.writers {
		names := k.must(c, zkwire.OpGetChildren, &zkwire.ReadRequest{Path: w.base}).Strings()
		counter := string(k.must(c, zkwire.OpGetData, &zkwire.ReadRequest{Path: w.base + "-counter"}).Buffer())
		sets := 0
		if counter != "" {
			last, err := strconv.Atoi(counter)
			if err != nil {
				k.t.Errorf("%s: counter %q was never written", w.base, counter)
			}
			sets = last + 1
		}
		done := len(names) + sets
		if ahead := len(names) - sets; ahead != 0 && ahead != 1 {
			k.t.Errorf("%s: got %d nodes and %d sets, which is no beginning of what was sent", w.base, len(names), sets)
		}
		if done < w.acked || done > w.sent {
			k.t.Errorf("%s: %d steps are there, want from %d, which were acknowledged, to %d, which were sent", w.base, done, w.acked, w.sent)
		}
		k.verifyNodes(c, w, names)
		w.sent, w.acked = done, done
	}
}

// verifyNodes checks the contents of the latest nodes; names without a gap show that the
// others are there.
func (k *crash) verifyNodes(c *wireClient, w *crashWriter, names []string) {
	var numbers []int
	for _, name := range names {
		n, err := strconv.Atoi(name)
		if err != nil {
			k.t.Errorf("%s/%s was never written", w.base, name)
		}
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	for i, n := range numbers {
		if i != n {
			k.t.Fatalf("%s: got node %d where %d should be", w.base, n, i)
		}
	}
	for _, n := range numbers[max(0, len(numbers)-2*crashAhead):] {
		if got := string(k.must(c, zkwire.OpGetData, &zkwire.ReadRequest{Path: fmt.Sprintf("%s/%d", w.base, n)}).Buffer()); got != strconv.Itoa(n) {
			k.t.Errorf("%s/%d: got %q", w.base, n, got)
		}
	}
}

// must sends a request that cannot fail.
func (k *crash) must(c *wireClient, op zkwire.Op, body zkwire.Record) *zkwire.Decoder {
	k.t.Helper()
	code, d, err := c.do(op, body)
	if err != nil || code != zkwire.OK {
		k.t.Fatalf("%v: got %v, %v", op, code, err)
	}
	return d
}
