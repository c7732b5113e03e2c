package cluster

import (
	"net"
	"slices"
	"strconv"
)

// occupant is what is known of the process in an external seat. The goroutine that
// watches the seats replaces it as a whole.
type occupant struct {
	host    string   // host:port; where it is expected while absent, or was last
	session int64    // the session of its announcement, 0 while absent
	version string   // what its /status says, "" until it has answered
	remarks []string // what is not as this cluster needs it
}

func (o *occupant) state() nodeState {
	if o.session == 0 {
		return stateAbsent
	}
	return statePresent
}

func (o *occupant) equal(p *occupant) bool {
	return o.host == p.host && o.session == p.session && o.version == p.version && slices.Equal(o.remarks, p.remarks)
}

// claim is what a seat accepts: a process of the kind, at the port and host if they are
// given, else the one that it already has, else the first that nobody claims.
type claim struct {
	kind string
	host string // "" is any
	port int    // 0 is any
	last string // host:port of the process that it had, or ""
}

// seated gives each claim the host of a process that has announced itself, or "". Hosts
// of this cluster's own nodes are never given, and no host is given twice.
func seated(claims []claim, shown map[string]map[string]int64, own map[string]bool) []string {
	taken := make([]string, len(claims))
	take := func(fits func(claim, string) bool) {
		for i, c := range claims {
			if taken[i] != "" {
				continue
			}
			for _, host := range hostsInOrder(shown[c.kind]) {
				if !own[host] && !slices.Contains(taken, host) && fits(c, host) {
					taken[i] = host
					break
				}
			}
		}
	}
	take(func(c claim, host string) bool { return c.port != 0 && c.at(host) })
	take(func(c claim, host string) bool { return c.port == 0 && c.last == host })
	take(func(c claim, _ string) bool { return c.port == 0 })
	return taken
}

// at reports whether host:port is where the claim expects its process.
func (c claim) at(hostPort string) bool {
	host, port, err := net.SplitHostPort(hostPort)
	return err == nil && port == strconv.Itoa(c.port) && (c.host == "" || c.host == host)
}

// hostsInOrder are the hosts by the age of their sessions, the oldest first.
func hostsInOrder(shown map[string]int64) []string {
	hosts := make([]string, 0, len(shown))
	for host := range shown {
		hosts = append(hosts, host)
	}
	slices.SortFunc(hosts, func(a, b string) int {
		switch {
		case shown[a] != shown[b] && shown[a] < shown[b]:
			return -1
		case shown[a] != shown[b]:
			return 1
		case a < b:
			return -1
		}
		return 1
	})
	return hosts
}
