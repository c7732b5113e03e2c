package zkembed

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"iter"
	"net"
	"strings"
	"time"

	"oakmoot/internal/run/memnet"
)

// Server is a ZooKeeper server. It does nothing until Run, which may be called again
// after it has returned. It has more methods than most types because it is the whole Go
// API in one place: each asks the part that owns the answer.
type Server struct {
	opts     Options
	limits   limits
	ring     *commitRing
	rules    *faultRules
	disk     *disk
	tls      *tls.Config // of the present Run; nil without certificates
	ensemble ensemble
	pipes    pipes
	lives    lives
}

// Errors of what needs the server to run, or not to.
var (
	ErrNotRunning = errors.New("zkembed: server is not running")
	ErrRunning    = errors.New("zkembed: server runs already")
)

// ErrNoSession is the error for a session that does not exist, or no longer does.
var ErrNoSession = errors.New("zkembed: no such session")

// ErrNoWord is the error for an unknown four-letter word.
var ErrNoWord = errors.New("zkembed: no such four-letter word")

// New makes a server; it starts nothing.
func New(opts Options) *Server {
	s := &Server{opts: opts.withDefaults(), limits: defaultLimits, ring: newCommitRing(), rules: &faultRules{}, disk: &disk{}, lives: newLives()}
	s.ensemble.endpoints = newEndpoints(s)
	return s
}

// Run serves until ctx ends; when it returns, all of its goroutines, connections and
// files are gone. It fails when the address or the data directory cannot be used, or when
// the log can no longer be written: nothing is acknowledged after that.
func (s *Server) Run(ctx context.Context) error {
	if !s.lives.enter() {
		return ErrRunning
	}
	defer s.lives.leave()
	if _, real := s.opts.Network.(*tcp); real && memnet.InBubble() {
		return errBubble
	}
	if err := s.opts.checkSchemes(); err != nil {
		return err
	}
	cfg, err := s.opts.tlsConfig()
	if err != nil {
		return err
	}
	s.tls = cfg
	st, err := load(s, nil)
	if err != nil {
		return err
	}
	defer s.ensemble.end()
	if err := s.ensemble.begin(); err != nil {
		st.log.Close()
		return err
	}
	for {
		err := s.lives.live(ctx, st)
		if !errors.Is(err, errRestart) {
			return err
		}
		if st, err = load(s, st); err != nil {
			return err
		}
	}
}

// Ready is closed once the server serves. After Run has returned it is a new
// channel, for the next Run.
func (s *Server) Ready() <-chan struct{} { return s.lives.serving() }

// Restart ends every connection and begins a new life, as a server that goes down
// and comes back does: with a data directory, from what is in it. Sessions,
// ephemerals and data stay, and each session gets its whole timeout again. It
// returns once the server serves again; clients that connect meanwhile are refused.
func (s *Server) Restart(ctx context.Context) error { return s.lives.restart(ctx) }

// Options are the server's settings, with the defaults filled in.
func (s *Server) Options() Options { return s.opts }

// Addr is the bound address of the first endpoint; it is valid once the server is
// ready.
func (s *Server) Addr() string { return s.ensemble.endpoints[0].Addr() }

// Addrs are the bound addresses of all endpoints; they are valid once the server is
// ready.
func (s *Server) Addrs() []string { return s.ensemble.addrs() }

// ConnectString is what clients are given to reach the server: all addresses,
// separated by commas.
func (s *Server) ConnectString() string { return strings.Join(s.Addrs(), ",") }

// Endpoints are the addresses at which the server is reached, always in the same
// order; without [Options].Servers there is one.
func (s *Server) Endpoints() []*Endpoint { return append([]*Endpoint(nil), s.ensemble.endpoints...) }

// Dial connects to the first endpoint in memory, without a socket, whatever it
// listens on.
func (s *Server) Dial(ctx context.Context) (net.Conn, error) {
	return s.ensemble.endpoints[0].Dial(ctx)
}

// DialZK is Dial in the shape that go-zookeeper takes: zk.WithDialer(srv.DialZK).
// An endpoint's address leads to that endpoint, any other to the first.
func (s *Server) DialZK(_, address string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return s.ensemble.at(address).Dial(ctx)
}

// Sessions lists the sessions by their ids.
func (s *Server) Sessions(ctx context.Context) ([]Session, error) {
	return sessionList(ctx, &s.lives, everySession)
}

// Expire ends a session at once, as if its timeout had passed: its ephemerals go,
// and its client learns of it when it connects again.
func (s *Server) Expire(ctx context.Context, id SessionID) error {
	return withSession(ctx, &s.lives, id, func(st *state, sess *session) { st.expire(sess) })
}

// Disconnect closes a session's connection and leaves the session.
func (s *Server) Disconnect(ctx context.Context, id SessionID) error {
	return withSession(ctx, &s.lives, id, func(st *state, sess *session) {
		if c := sess.conn; c != nil {
			st.detach(c)
			st.out.hangUp(c)
		}
	})
}

// NameSession gives a session a name, for rules that match names and for listings. The
// session keeps it as long as the process lives.
func (s *Server) NameSession(ctx context.Context, id SessionID, name string) error {
	return withSession(ctx, &s.lives, id, func(_ *state, sess *session) { sess.name = name })
}

// Age moves a session's deadline: its client counts as having been silent for that much
// longer. Past its timeout the session expires at once. A negative duration gives it that
// much more time. The next message of its client sets the deadline right again.
func (s *Server) Age(ctx context.Context, id SessionID, by time.Duration) error {
	return withSession(ctx, &s.lives, id, func(st *state, sess *session) {
		if !st.sessions.age(sess, by.Milliseconds(), st.clock.now) {
			st.expire(sess)
		}
	})
}

// Walk calls each for the node at path and all below it, parents first and
// siblings in the order of their names, all as of one moment. A path that does not exist
// is walked as empty.
func (s *Server) Walk(ctx context.Context, path string, each func(Node) error) error {
	nodes, err := ask(ctx, &s.lives, func(st *state) []Node { return nodesBelow(st.tree, path) })
	if err != nil {
		return err
	}
	sortNodes(nodes)
	for _, n := range nodes {
		if err := each(n); err != nil {
			return err
		}
	}
	return nil
}

// Page are the first of the nodes that Walk yields behind the path after: limit of them
// at most, and no more once they hold so many bytes. What it costs does not depend on how
// much is behind them, except for the siblings of a node.
func (s *Server) Page(ctx context.Context, path, after string, limit, bytes int) ([]Node, error) {
	return page(ctx, &s.lives, path, after, limit, bytes)
}

// Look is what Walk yields for each of the paths, and Sessions, all as of the same moment:
// every session that owns a node is among the sessions.
func (s *Server) Look(ctx context.Context, paths ...string) (nodes []Node, sessions []Session, err error) {
	return look(ctx, &s.lives, paths)
}

// Dump is the whole tree as text, a line a node, for the log of a failed test.
func (s *Server) Dump(ctx context.Context) (string, error) {
	var b strings.Builder
	err := s.Walk(ctx, "/", func(n Node) error {
		fmt.Fprintf(&b, "%s", n.Path)
		if n.Stat.EphemeralOwner != 0 {
			fmt.Fprintf(&b, " [0x%x]", int64(n.Stat.EphemeralOwner))
		}
		if len(n.Data) > 0 {
			fmt.Fprintf(&b, " %q", n.Data)
		}
		b.WriteByte('\n')
		return nil
	})
	return b.String(), err
}

// Commits yields every commit with a zxid of at least from, those remembered first
// and then each as it becomes durable, until ctx ends. From 0 means everything that is
// remembered. Any number may read; one that falls behind never holds up the server:
// it gets a *GapError and goes on behind the gap. So does one that asks for commits
// which are forgotten, or were made by an earlier process, and one that reads on when the
// server comes back with an earlier history.
func (s *Server) Commits(ctx context.Context, from Zxid) iter.Seq2[Commit, error] {
	return s.ring.follow(ctx, from)
}

// LastCommit is the zxid of the latest transaction that a look at the tree would see and
// that Commits yields, or is about to yield; 0 when there has been none in this process.
// A reader of Commits knows by it how far to read before what it has read is the present.
func (s *Server) LastCommit(ctx context.Context) (Zxid, error) {
	return ask(ctx, &s.lives, func(st *state) Zxid { return st.commits.last })
}

// Gate has f called after each batch of transactions, with the zxid of the latest: when
// they are durable and Commits yields them, and before any of them is answered. The
// server does nothing else until f returns, so f must not ask the server for anything,
// and must return soon. There is one gate; nil opens it.
func (s *Server) Gate(f func(latest Zxid)) { s.ring.setGate(f) }

// Connections lists the connections of all endpoints in the order in which they
// came.
func (s *Server) Connections(ctx context.Context) ([]Connection, error) {
	return connectionList(ctx, &s.lives)
}

// Watches lists the paths that each session watches, as wchc does. A long list takes many
// turns, with other requests in between: a watch that is set or fires meanwhile may or may
// not be in it.
func (s *Server) Watches(ctx context.Context) (map[SessionID][]string, error) {
	return pathsBySession(ctx, &s.lives, watched)
}

// Ephemerals lists the paths of the ephemerals that each session owns, in turns as
// Watches does.
func (s *Server) Ephemerals(ctx context.Context) (map[SessionID][]string, error) {
	return pathsBySession(ctx, &s.lives, owned)
}

// WatchCount counts the data watches, as wchs does; the metric watch_count has those for children, too.
func (s *Server) WatchCount(ctx context.Context) (WatchCount, error) {
	return ask(ctx, &s.lives, func(st *state) WatchCount {
		w := st.watches.data
		return WatchCount{w.conns(), w.paths(), w.total()}
	})
}

// Metrics are the server's metrics, in no particular order.
func (s *Server) Metrics(ctx context.Context) ([]Metric, error) {
	return ask(ctx, &s.lives, func(st *state) []Metric { return metricsOf(st, nil) })
}

// Word is the answer to a four-letter word at the first endpoint, whether or not it is on
// the whitelist; argument is the new mask of stmk, 8 bytes.
func (s *Server) Word(ctx context.Context, name string, argument []byte) (string, error) {
	answer, ok := words[name]
	if !ok || name == "stmk" && len(argument) != argumentSize {
		return "", ErrNoWord
	}
	t, err := s.lives.turns(ctx)
	if err != nil {
		return "", err
	}
	var text strings.Builder
	err = answer(&question{turns: *t, at: s.ensemble.endpoints[0], argument: argument, to: &text})
	return text.String(), err
}

// Fail arms a rule; undo takes it away, and may be called twice.
func (s *Server) Fail(rule Rule) (undo func()) { return s.rules.arm(rule) }

// FailDisk makes the next write of the log fail, as on a full or a dying disk: the
// server acknowledges nothing from then on, and Run ends with err in the chain of its
// error. It has no effect on a server that keeps everything in memory. Undo lets a
// later Run write again.
func (s *Server) FailDisk(err error) (undo func()) { return s.disk.write.fail(err) }

// FailSync is FailDisk for the next fsync: what was written before it may be on the
// disk or not, and is not acknowledged. It has no effect with FsyncNever.
func (s *Server) FailSync(err error) (undo func()) { return s.disk.sync.fail(err) }
