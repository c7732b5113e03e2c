package headline

import (
	"fmt"

	"oakmoot/internal/stage/observe"
)

// away is that ZooKeeper does not answer.
func away(s Scene) Headline {
	if s.Away.IsZero() {
		return Headline{}
	}
	return Headline{Level: Bad, Text: fmt.Sprintf("ZooKeeper has not answered for %s: who leads and what is announced is not known", seconds(s.Time.Sub(s.Away)))}
}

// starting is that not all nodes have been up yet.
func starting(s Scene) Headline {
	if s.Ready {
		return Headline{}
	}
	var missing []string
	for _, n := range s.Nodes() {
		if !n.Serves() {
			missing = append(missing, n.Name)
		}
	}
	all := len(s.Nodes())
	text := fmt.Sprintf("the cluster is starting: %d of %d nodes are up", all-len(missing), all)
	if len(missing) > 0 {
		text += "; waiting for " + some(missing)
	} else {
		for _, kind := range observe.Electing() {
			if len(s.of(kind)) > 0 && len(s.Leaders(kind)) == 0 {
				text += "; no " + kind + " leads yet"
			}
		}
	}
	return Headline{Warn, text, missing[:min(len(missing), 3)]}
}

// leaderless is that nobody leads a kind that elects.
func leaderless(s Scene) Headline {
	for _, kind := range observe.Electing() {
		if len(s.of(kind)) == 0 || len(s.Leaders(kind)) > 0 {
			continue
		}
		return s.withoutLeader(kind)
	}
	return Headline{}
}

func (s Scene) withoutLeader(kind string) Headline {
	text := "no " + kind + " leads"
	name, lost := s.LastLeader(kind)
	if name == "" && !s.anyDown(kind) {
		return Headline{Warn, text + " yet", s.names(kind)}
	}
	var about []string
	for _, n := range s.of(kind) {
		if n.Name != name {
			continue
		}
		about = append(about, name)
		if fate := s.fate(n); fate != "" {
			text += ": " + fate + s.session(n)
		} else if !lost.IsZero() {
			text += fmt.Sprintf(": %s has not led for %s%s", name, seconds(s.Time.Sub(lost)), s.session(n))
		}
	}
	next := s.next(kind)
	switch {
	case next != "" && next != name:
		about = append(about, next)
		text += "; " + next + " is next in the latch"
	case next == "":
		for _, n := range s.of(kind) {
			if fate := s.fate(n); fate != "" && n.Name != name {
				about = append(about, n.Name)
				text += "; " + fate
			}
		}
	}
	return Headline{Bad, text, about}
}

// next is the first in the latch that can lead, or "".
func (s Scene) next(kind string) string {
	for _, host := range s.Queue(kind) {
		name := s.At(host)
		if name == "" {
			return host
		}
		if s.Node(name).Acts() {
			return name
		}
	}
	return ""
}

func (s Scene) anyDown(kind string) bool {
	for _, n := range s.of(kind) {
		if !n.Runs() || n.State == observe.Paused {
			return true
		}
	}
	return false
}

func (s Scene) names(kind string) (names []string) {
	for _, n := range s.of(kind) {
		names = append(names, n.Name)
	}
	return names[:min(len(names), 3)]
}
