package zkembed_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/go-zookeeper/zk"

	"oakmoot/internal/run/memnet"
	"oakmoot/zkembed"
)

// What clients do to a node in a history.
const (
	registerCreate = "create"
	registerDelete = "delete"
	registerSet    = "set"
	registerGet    = "get"
)

// registerCall is an operation on one node.
type registerCall struct {
	op, path, value string
	version         int32
}

// registerResult is what came of it. The outcome is unknown if the connection was lost in
// between.
type registerResult struct {
	unknown bool
	err     error // a refusal
	value   string
	version int32
}

// register is a node of the model.
type register struct {
	exists  bool
	value   string
	version int32
}

// next is what an operation does to a register: its answer, and the new value.
func (r register) next(c registerCall) (register, registerResult) {
	switch {
	case c.op == registerCreate && r.exists:
		return r, registerResult{err: zk.ErrNodeExists}
	case c.op == registerCreate:
		return register{true, c.value, 0}, registerResult{}
	case !r.exists:
		return r, registerResult{err: zk.ErrNoNode}
	case c.op == registerGet:
		return r, registerResult{value: r.value, version: r.version}
	case c.version != -1 && c.version != r.version:
		return r, registerResult{err: zk.ErrBadVersion}
	case c.op == registerDelete:
		return register{}, registerResult{}
	default:
		return register{true, c.value, r.version + 1}, registerResult{version: r.version + 1}
	}
}

// registerModel is the sequential model, one register a path.
var registerModel = (&porcupine.NondeterministicModel{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		byPath := map[string][]porcupine.Operation{}
		for _, op := range history {
			path := op.Input.(registerCall).path
			byPath[path] = append(byPath[path], op)
		}
		var parts [][]porcupine.Operation
		for _, part := range byPath {
			parts = append(parts, part)
		}
		return parts
	},
	Init: func() []any { return []any{register{}} },
	Step: func(state, input, output any) []any {
		after, want := state.(register).next(input.(registerCall))
		got := output.(registerResult)
		switch {
		case got.unknown: // it may have taken effect
			return []any{state, after}
		case got == want:
			return []any{after}
		}
		return nil
	},
}).ToModel()

// recorder records a history.
type recorder struct {
	clock atomic.Int64 // orders calls and returns; virtual time does not

	mu  sync.Mutex // guards ops
	ops []porcupine.Operation
}

func (r *recorder) do(client int, c registerCall, f func() registerResult) {
	called := r.clock.Add(1)
	result := f()
	returned := r.clock.Add(1)
	if result.unknown {
		returned = math.MaxInt64 // it may still take effect
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ops = append(r.ops, porcupine.Operation{ClientId: client, Input: c, Call: called, Output: result, Return: returned})
}

// trouble is what happens to a history's connections, at random.
type trouble struct {
	mu      sync.Mutex // guards rng, cuts and what is added to restarting
	rng     *rand.Rand
	cuts    bool
	restart func() // nil never restarts

	restarting sync.WaitGroup
}

// strikes decides what happens to a request; it restarts the server itself.
func (tr *trouble) strikes() (what int) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	if !tr.cuts || tr.rng.IntN(8) > 0 {
		return 0
	}
	what = 1 + tr.rng.IntN(3)
	if what == 3 && tr.restart != nil {
		tr.restarting.Go(tr.restart)
	}
	return what
}

// end lets everything pass from now on, and waits for a restart under way.
func (tr *trouble) end() {
	tr.mu.Lock()
	tr.cuts = false
	tr.mu.Unlock()
	tr.restarting.Wait()
}

// troubledConn loses requests, replies and its server.
type troubledConn struct {
	net.Conn
	trouble *trouble
}

func (c troubledConn) Write(b []byte) (int, error) {
	switch c.trouble.strikes() {
	case 1: // the request is lost
		c.Close()
	case 2: // the reply is lost
		n, err := c.Conn.Write(b)
		c.Close()
		return n, err
	}
	return c.Conn.Write(b)
}

// historyClient is a client of a history.
type historyClient struct{ conn *zk.Conn }

func newHistoryClient(t *testing.T, srv *zkembed.Server, tr *trouble) *historyClient {
	t.Helper()
	conn, _, err := zk.Connect([]string{"127.0.0.1:1"}, 4*time.Second, zk.WithLogInfo(false), zk.WithLogger(silent{}),
		zk.WithDialer(func(network, addr string, timeout time.Duration) (net.Conn, error) {
			nc, err := srv.DialZK(network, addr, timeout)
			return troubledConn{nc, tr}, err
		}))
	if err != nil {
		t.Fatal(err)
	}
	return &historyClient{conn}
}

type silent struct{}

func (silent) Printf(string, ...any) {}

// carryOut makes a call at the server.
func (c *historyClient) carryOut(call registerCall) (r registerResult) {
	var stat *zk.Stat
	var data []byte
	switch call.op {
	case registerCreate:
		_, r.err = c.conn.Create(call.path, []byte(call.value), 0, open)
	case registerDelete:
		r.err = c.conn.Delete(call.path, call.version)
	case registerSet:
		stat, r.err = c.conn.Set(call.path, []byte(call.value), call.version)
	case registerGet:
		data, stat, r.err = c.conn.Get(call.path)
	}
	switch {
	case r.err == nil && stat != nil:
		r.value, r.version = string(data), stat.Version
	case errors.Is(r.err, zk.ErrNoNode), errors.Is(r.err, zk.ErrNodeExists), errors.Is(r.err, zk.ErrBadVersion), r.err == nil:
	default:
		r = registerResult{unknown: true}
	}
	return r
}

// historyOptions are what happens in a history.
type historyOptions struct {
	clients, calls int
	cuts, restarts bool
	data           bool // in a directory, replayed at each restart
}

// recordHistory lets clients work side by side, while connections are cut and the
// server restarts, and returns what they saw.
func recordHistory(t *testing.T, seed uint64, o historyOptions) []porcupine.Operation {
	opts := zkembed.Options{Network: memnet.New(), Tick: time.Second, SnapshotEvery: 50, Fsync: zkembed.FsyncNever}
	if o.data {
		opts.DataDir = t.TempDir()
	}
	srv := zkembed.RunT(t, opts)
	rec := &recorder{}
	tr := &trouble{rng: rand.New(rand.NewPCG(seed, 1000)), cuts: o.cuts}
	if o.restarts {
		tr.restart = func() {
			if err := srv.Restart(t.Context()); err != nil && !errors.Is(err, zkembed.ErrNotRunning) { // another one is under way
				t.Errorf("restart: %v", err)
			}
		}
	}
	var work sync.WaitGroup
	clients := make([]*historyClient, o.clients)
	for i := range clients {
		clients[i] = newHistoryClient(t, srv, tr)
		rng := rand.New(rand.NewPCG(seed, uint64(i)))
		work.Go(func() {
			for n := range o.calls {
				call := randomCall(rng, fmt.Sprintf("%d.%d", i, n))
				rec.do(i, call, func() registerResult { return clients[i].carryOut(call) })
				time.Sleep(time.Duration(rng.IntN(2)) * time.Second) // so that those who reconnect take part
			}
		})
	}
	work.Wait()
	tr.end()
	for _, c := range clients {
		c.conn.Close()
	}
	return rec.ops
}

func randomCall(rng *rand.Rand, value string) registerCall {
	ops := []string{registerCreate, registerDelete, registerSet, registerSet, registerSet, registerGet, registerGet, registerGet}
	c := registerCall{op: ops[rng.IntN(len(ops))], path: fmt.Sprintf("/r%d", rng.IntN(3)), value: value, version: -1}
	if rng.IntN(2) == 0 {
		c.version = rng.Int32N(4)
	}
	return c
}

// judge checks a history against the model.
func judge(history []porcupine.Operation) porcupine.CheckResult {
	return porcupine.CheckOperationsTimeout(registerModel, history, time.Minute)
}

func unknowns(history []porcupine.Operation) (n int) {
	for _, op := range history {
		if op.Output.(registerResult).unknown {
			n++
		}
	}
	return n
}

func TestHistoriesAreLinearizable(t *testing.T) {
	for _, tt := range []struct {
		name string
		opts historyOptions
	}{
		{"undisturbed", historyOptions{clients: 5, calls: 150}},
		{"connections are cut", historyOptions{clients: 5, calls: 40, cuts: true}},
		{"restarts", historyOptions{clients: 4, calls: 25, cuts: true, restarts: true}},
		{"restarts from disk", historyOptions{clients: 4, calls: 25, cuts: true, restarts: true, data: true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for seed := range uint64(4) {
				var history []porcupine.Operation
				synctest.Test(t, func(t *testing.T) { history = recordHistory(t, seed, tt.opts) })
				if got := judge(history); got != porcupine.Ok {
					t.Errorf("seed %d: %d operations are %s", seed, len(history), got)
				}
				unknown := unknowns(history)
				if disturbed := tt.opts.cuts; (unknown > 0) != disturbed || unknown > len(history)/2 {
					t.Errorf("seed %d: %d of %d outcomes are unknown, which judges little", seed, unknown, len(history))
				}
			}
		})
	}
}

func TestPlantedBugsAreCaught(t *testing.T) {
	for name, plant := range map[string]func() (undo func()){
		"lost write": func() func() { return zkembed.PlantLostWrite(20) },
		"stale read": func() func() { return zkembed.PlantStaleRead(20) },
	} {
		t.Run(name, func(t *testing.T) {
			defer plant()()
			var history []porcupine.Operation
			synctest.Test(t, func(t *testing.T) { history = recordHistory(t, 1, historyOptions{clients: 5, calls: 150}) })
			if got := judge(history); got != porcupine.Illegal {
				t.Errorf("the history of a server with a %s is %s, want Illegal", name, got)
			}
		})
	}
}

// lateEvent returns the first reply that shows a change before its event: a watched node's
// version must not change from one reply to the next without an event.
func lateEvent(t *testing.T) string {
	p := newPlay(t)
	defer p.hangUp()
	commands := []string{"connect reader", "connect writer", "create writer /r"}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 400 {
		commands = append(commands, []string{"set writer /r", "get reader /r watch"}[rng.IntN(2)])
	}
	p.run(commands[:3])
	watching, last := false, ""
	for _, command := range commands[3:] {
		p.play(command)
		p.settle()
	}
	for _, line := range p.clients["reader"].told {
		_, stat, _ := strings.Cut(line, ", v")
		version, _, _ := strings.Cut(stat, " ")
		switch {
		case version == "":
			watching = false
		case watching && version != last:
			return line
		default:
			watching, last = true, version
		}
	}
	return ""
}

func TestEventComesBeforeTheReadThatShowsTheChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if line := lateEvent(t); line != "" {
			t.Errorf("shown before its event: %s", line)
		}
	})
	defer zkembed.PlantLateEvent()()
	synctest.Test(t, func(t *testing.T) {
		if lateEvent(t) == "" {
			t.Error("late events were not caught")
		}
	})
}
