package zkembed

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"
	"time"
)

// Version is the version of Apache ZooKeeper whose behaviour is followed; it is
// what srvr prints.
const Version = "3.9.5-oakmoot"

// stats are the server's counters; owned by the state.
type stats struct {
	since          time.Time
	received, sent int64
}

// word answers a four-letter word.
type word func(*state) string

// words are the four-letter words: FourLetterCommands.
var words = map[string]word{
	"ruok": func(*state) string { return "imok" },
	"srvr": srvr,
	"stat": stat,
	"mntr": mntr,
	"isro": func(*state) string { return "rw" },
	"cons": cons,
	"dump": dump,
	"wchs": wchs,
	"wchc": wchc,
	"wchp": wchp,
	"srst": func(s *state) string { s.stats.received, s.stats.sent = 0, 0; return "Server stats reset.\n" },
	"crst": func(*state) string { return "Connection stats reset.\n" },
	"conf": conf,
	"envi": func(*state) string { return "Environment:\nzookeeper.version=" + Version + "\n" },
	"dirs": func(*state) string { return "datadir_size: 0\nlogdir_size: 0\n" },
}

// wordLimit bounds how long a word may take.
const wordLimit = 5 * time.Second

// answerWord answers a word and lets the connection end; what the client sent
// behind it is read away first, so that its answer is not lost in a reset.
func (c *conn) answerWord(r *bufio.Reader, w word) {
	ctx, cancel := context.WithTimeout(context.Background(), wordLimit)
	defer cancel()
	var text string
	if c.srv.call(ctx, func(s *state) error { text = w(s); return nil }) != nil {
		text = "This ZooKeeper instance is not currently serving requests\n"
	}
	_, _ = r.Discard(r.Buffered())
	_, _ = io.WriteString(c.net, text) // the asker went away: nobody is left to tell
}

func srvr(s *state) string {
	return fmt.Sprintf("Zookeeper version: %s-0, built on 01/02/2026 10:00 GMT\n%s", Version, s.statistics())
}

func (s *state) statistics() string {
	return fmt.Sprintf("Latency min/avg/max: 0/0.0/0\nReceived: %d\nSent: %d\nConnections: %d\nOutstanding: 0\nZxid: 0x%x\nMode: standalone\nNode count: %d\n",
		s.stats.received, s.stats.sent, len(s.conns), int64(s.zxid), s.nodeCount())
}

// nodeCount counts the root twice, as Apache's server does, which keeps it under
// two names.
func (s *state) nodeCount() int { return len(s.tree.nodes) + 1 }

func stat(s *state) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Zookeeper version: %s-0, built on 01/02/2026 10:00 GMT\nClients:\n", Version)
	for c := range s.conns {
		fmt.Fprintf(&b, " /%s[1](queued=0,recved=0,sent=0)\n", c.net.RemoteAddr())
	}
	b.WriteByte('\n')
	b.WriteString(s.statistics())
	return b.String()
}

func cons(s *state) string {
	var b strings.Builder
	for c := range s.conns {
		fmt.Fprintf(&b, " /%s[1](queued=0,recved=0,sent=0", c.net.RemoteAddr())
		if c.sess != nil {
			fmt.Fprintf(&b, ",sid=0x%x,lop=NA,est=%d,to=%d,lcxid=0x0,lzxid=0x%x,lresp=0,llat=0,minlat=0,avglat=0,maxlat=0",
				int64(c.sess.id), c.opened.UnixMilli(), c.sess.timeout.Milliseconds(), int64(s.zxid))
		}
		b.WriteString(")\n")
	}
	b.WriteByte('\n')
	return b.String()
}

func mntr(s *state) string {
	ephemerals := 0
	for _, paths := range s.tree.ephemerals {
		ephemerals += len(paths)
	}
	size := 0
	for path, n := range s.tree.nodes {
		size += len(path) + len(n.data)
	}
	var b strings.Builder
	for _, line := range []struct {
		key   string
		value any
	}{
		{"version", Version + "-0, built on 01/02/2026 10:00 GMT"},
		{"server_state", "standalone"},
		{"num_alive_connections", len(s.conns)},
		{"packets_received", s.stats.received},
		{"packets_sent", s.stats.sent},
		{"outstanding_requests", 0},
		{"znode_count", s.nodeCount()},
		{"watch_count", s.data.count() + s.children.count()},
		{"ephemerals_count", ephemerals},
		{"approximate_data_size", size},
		{"global_sessions", len(s.sessions.byID)},
		{"uptime", time.Since(s.stats.since).Milliseconds()},
	} {
		fmt.Fprintf(&b, "zk_%s\t%v\n", line.key, line.value)
	}
	return b.String()
}

func conf(s *state) string {
	return fmt.Sprintf("clientPort=0\nsecureClientPort=-1\ndataDir=%s\ndataDirSize=0\ndataLogDir=%s\ndataLogSize=0\ntickTime=%d\nmaxClientCnxns=%d\nminSessionTimeout=%d\nmaxSessionTimeout=%d\nclientPortListenBacklog=-1\nserverId=0\n",
		s.opts.DataDir, s.opts.DataDir, s.opts.Tick.Milliseconds(), s.opts.MaxConnections, s.opts.MinSessionTimeout.Milliseconds(), s.opts.MaxSessionTimeout.Milliseconds())
}

func dump(s *state) string {
	var b strings.Builder
	fmt.Fprintf(&b, "SessionTracker dump:\nSession Sets (%d)/(%d):\n", len(s.sessions.buckets), len(s.sessions.byID))
	for deadline, bucket := range s.sessions.buckets {
		fmt.Fprintf(&b, "%d expire at %s:\n", len(bucket), time.UnixMilli(deadline).UTC().Format(time.RFC1123))
		for sess := range bucket {
			fmt.Fprintf(&b, "\t0x%x\n", int64(sess.id))
		}
	}
	fmt.Fprintf(&b, "ephemeral nodes dump:\nSessions with Ephemerals (%d):\n", len(s.tree.ephemerals))
	for owner, paths := range s.tree.ephemerals {
		fmt.Fprintf(&b, "0x%x:\n", owner)
		for path := range paths {
			fmt.Fprintf(&b, "\t%s\n", path)
		}
	}
	fmt.Fprintf(&b, "Connections dump:\nConnections Sets (1)/(%d):\n", len(s.conns))
	for c := range s.conns {
		if c.sess != nil {
			fmt.Fprintf(&b, "ip: /%s sessionId: 0x%x\n", c.net.RemoteAddr(), int64(c.sess.id))
		}
	}
	return b.String()
}

func (w *watches) count() int {
	total := 0
	for _, conns := range w.byPath {
		total += len(conns)
	}
	return total
}

func wchs(s *state) string {
	return fmt.Sprintf("%d connections watching %d paths\nTotal watches:%d\n", len(s.data.byConn), len(s.data.byPath), s.data.count())
}

func wchc(s *state) string {
	var b strings.Builder
	for c, paths := range s.data.byConn {
		if c.sess == nil {
			continue
		}
		fmt.Fprintf(&b, "0x%x\n", int64(c.sess.id))
		for path := range paths {
			fmt.Fprintf(&b, "\t%s\n", path)
		}
	}
	b.WriteByte('\n')
	return b.String()
}

func wchp(s *state) string {
	var b strings.Builder
	for path, conns := range s.data.byPath {
		fmt.Fprintf(&b, "%s\n", path)
		for c := range conns {
			if c.sess != nil {
				fmt.Fprintf(&b, "\t0x%x\n", int64(c.sess.id))
			}
		}
	}
	b.WriteByte('\n')
	return b.String()
}
