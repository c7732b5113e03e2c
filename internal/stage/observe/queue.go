package observe

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"oakmoot/internal/druid"
)

// LastLeader is the name of the node that leads a kind or led it last, "" when nobody is known to have, and since when
// nobody leads; zero while somebody does.
func (m *Moment) LastLeader(kind string) (name string, lost time.Time) {
	r := m.model.reigns.of[kind]
	host, _, _ := strings.Cut(r.last, ",")
	if n, ours := m.model.nodes.at(host); ours {
		return n.Name, r.lost
	}
	for _, n := range m.model.nodes.all { // what was before the model began shows only here
		if n.Kind == kind && m.ShownLeading(n) {
			return n.Name, m.Since(n.Name)
		}
	}
	return host, r.lost
}

// Queue are the hosts that stand for election to lead a kind, whether their processes live or not: the first leads, or is
// to lead once those before it have gone. LeaderLatch orders its nodes by their sequence numbers.
func (m *Moment) Queue(kind string) (hosts []string) {
	all := slices.Concat(m.Live.candidates.of[kind], m.Left.candidates.of[kind])
	slices.SortFunc(all, func(a, b saying[string]) int { return cmp.Compare(sequence(a.path), sequence(b.path)) })
	for _, one := range all {
		hosts = append(hosts, one.value)
	}
	return hosts
}

// sequence is the number at the end of a path, which has ten digits.
func sequence(path string) string { return path[strings.LastIndexByte(path, '-')+1:] }

// Assigned counts the tasks that a worker has, or has had until its overlord takes note of their end.
func (s *Shown) Assigned() int { return len(s.runsOn.of) }

// Workers are the middleManagers that announce themselves, by their hosts.
func (s *Shown) Workers() map[string]druid.Worker {
	workers := make(map[string]druid.Worker, len(s.workers.of))
	for host := range s.workers.of {
		workers[host], _ = s.workers.last(host)
	}
	return workers
}
