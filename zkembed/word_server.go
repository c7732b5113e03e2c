package zkembed

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"strings"
)

// Version is the version of Apache ZooKeeper whose behaviour is followed; it is
// what srvr prints.
const Version = "3.9.5-oakmoot"

// longVersion has its date in the older form because go-zookeeper cannot read that of 3.9.
const longVersion = Version + "-0, built on 01/02/2026 10:00 GMT"

func wordSrvr(s *state, q *question) string {
	return "Zookeeper version: " + longVersion + "\n" + statistics(s, q)
}

func statistics(s *state, q *question) string {
	l := &s.stats.latency
	text := fmt.Sprintf("Latency min/avg/max: %d/%s/%d\nReceived: %d\nSent: %d\nConnections: %d\nOutstanding: 0\n"+
		"Zxid: 0x%x\nMode: %s\nNode count: %d\n",
		l.least, decimal(l.average()), l.most, s.stats.received, s.stats.sent, s.life.number(q.at), int64(s.zxid), q.at.mode(), nodeCount(s))
	if q.at.mode() == "leader" {
		text += "Proposal sizes last/min/max: -1/-1/-1\n" // there are no proposals
	}
	return text
}

// decimal writes a number with one to four digits behind the point.
func decimal(v float64) string {
	text := strings.TrimRight(fmt.Sprintf("%.4f", v), "0")
	if strings.HasSuffix(text, ".") {
		text += "0"
	}
	return text
}

// nodeCount counts the root twice, as Apache's server does, which keeps it under
// two names.
func nodeCount(s *state) int { return s.tree.Len() + 1 }

func wordStat(q *question) error {
	if err := q.say("Zookeeper version: " + longVersion + "\nClients:\n"); err != nil {
		return err
	}
	if err := q.sayConnections(false); err != nil {
		return err
	}
	return inTurn(func(s *state, q *question) string { return "\n" + statistics(s, q) })(q)
}

// gauge is a line of mntr.
type gauge struct {
	key   string
	value any
}

func gauges(s *state, at *Endpoint) []gauge {
	list := append([]gauge{{"version", longVersion}, {"server_state", at.mode()}}, ensembleGauges(at)...)
	for _, m := range metricsOf(s, at) {
		list = append(list, m.lines()...)
	}
	return list
}

// ensembleGauges are what only the servers of an ensemble show.
func ensembleGauges(at *Endpoint) []gauge {
	switch at.mode() {
	case "leader":
		followers := at.srv.ensemble.followers()
		return []gauge{
			{"peer_state", "leading - broadcast"}, {"quorum_size", len(at.srv.ensemble.endpoints)}, {"learners", followers},
			{"synced_followers", followers}, {"synced_non_voting_followers", 0}, {"synced_observers", 0}, {"pending_syncs", 0},
		}
	case "follower":
		return []gauge{{"peer_state", "following - broadcast"}, {"quorum_size", len(at.srv.ensemble.endpoints)}}
	}
	return nil
}

func wordMntr(s *state, q *question) string {
	var b strings.Builder
	for _, g := range gauges(s, q.at) {
		fmt.Fprintf(&b, "zk_%s\t%v\n", g.key, g.value)
	}
	return b.String()
}

func wordConf(q *question) string {
	o := &q.at.srv.opts
	size := dirSize(o.DataDir)
	return fmt.Sprintf("clientPort=%d\nsecureClientPort=%d\ndataDir=%s\ndataDirSize=%d\ndataLogDir=%s\ndataLogSize=%d\n"+
		"tickTime=%d\nmaxClientCnxns=%d\nminSessionTimeout=%d\nmaxSessionTimeout=%d\nclientPortListenBacklog=-1\nserverId=%d\n",
		port(q.at.bound()), securePort(q.at), o.DataDir, size, o.DataDir, size,
		o.Tick.Milliseconds(), o.MaxConnections, o.MinSessionTimeout.Milliseconds(), o.MaxSessionTimeout.Milliseconds(), q.at.serverID())
}

// securePort is the port at which TLS is spoken: the same, or none.
func securePort(at *Endpoint) int {
	if at.srv.opts.TLSCert == "" {
		return -1
	}
	return port(at.bound())
}

func wordDirs(q *question) string {
	size := dirSize(q.at.srv.opts.DataDir)
	return fmt.Sprintf("datadir_size: %d\nlogdir_size: %d\n", size, size)
}

// dirSize adds up the files of a directory; those that cannot be read are left out.
func dirSize(dir string) (total int64) {
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	for _, f := range files {
		if info, err := os.Stat(f); err == nil && dir != "" {
			total += info.Size()
		}
	}
	return total
}

func wordEnvi(*question) string {
	host, _ := os.Hostname() // "" if unknown
	home, _ := os.UserHomeDir()
	dir, _ := os.Getwd()
	name := ""
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return fmt.Sprintf("Environment:\nzookeeper.version=%s\nhost.name=%s\njava.version=none, %s\nos.name=%s\nos.arch=%s\n"+
		"user.name=%s\nuser.home=%s\nuser.dir=%s\nos.memory.free=%dMB\nos.memory.total=%dMB\n",
		longVersion, host, runtime.Version(), runtime.GOOS, runtime.GOARCH, name, home, dir, (m.HeapSys-m.HeapInuse)>>20, m.Sys>>20)
}
