package scenario

import (
	"fmt"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
)

// Selector picks nodes: a comma-separated union of terms, of which those that
// begin with "!" take away again.
//
//	coordinator            all of a kind
//	coordinator-1          one by its name
//	historical.hot-*       those of a kind whose names match
//	coordinator@leader     who leads; @follower, those who run and do not
//	historical@any         one at random; @all, every one
//	*                      every node
//	zookeeper              ZooKeeper itself, where an action can mean it
type Selector struct {
	text  string
	terms []term
}

// term is one part of a selector. Exactly one of its ways to name nodes is used.
type term struct {
	column  int
	negated bool
	every   bool   // *
	zk      bool   // zookeeper
	name    string // a kind or a node's name, to be told apart by the universe
	glob    string // over names, of kind name
	which   string // leader, follower, any or all; "" is all
}

// ZooKeeperName is the selector's word for ZooKeeper.
const ZooKeeperName = "zookeeper"

var whiches = []string{"leader", "follower", "any", "all"}

// ParseSelector reads a selector. Names are checked by Check, against a cluster.
func ParseSelector(text string) (Selector, error) {
	s := Selector{text: text}
	offset := 0
	for part := range strings.SplitSeq(text, ",") {
		trimmed := strings.TrimSpace(part)
		column := offset + strings.Index(part, trimmed) + 1
		t, message := parseTerm(trimmed)
		if message != "" {
			return s, &SyntaxError{Text: text, Column: column, Message: message}
		}
		t.column = column
		s.terms = append(s.terms, t)
		offset += len(part) + 1
	}
	if s.terms[0].negated {
		return s, &SyntaxError{Text: text, Column: 1, Message: "a selector cannot begin with what it takes away"}
	}
	return s, nil
}

func parseTerm(text string) (t term, mistake string) {
	if rest, ok := strings.CutPrefix(text, "!"); ok {
		t.negated, text = true, strings.TrimSpace(rest)
	}
	switch text {
	case "":
		return t, "a selector is missing here"
	case "*":
		t.every = true
		return t, ""
	case ZooKeeperName:
		t.zk = true
		return t, ""
	}
	if strings.ContainsAny(text, " \t()") {
		if words := strings.Fields(text); len(words) > 1 && words[1] == "to" {
			return t, fmt.Sprintf("%q is not a selector: the other end stands after \"from\"", text)
		}
		return t, fmt.Sprintf("%q is not a selector: selectors are separated by commas", text)
	}
	if name, which, ok := strings.Cut(text, "@"); ok {
		if !slices.Contains(whiches, which) {
			return t, unknown("part after @", which, whiches)
		}
		text, t.which = name, which
	}
	t.name, t.glob, _ = strings.Cut(text, ".")
	if t.glob != "" {
		if _, err := path.Match(t.glob, ""); err != nil {
			return t, fmt.Sprintf("%q is not a pattern of names", t.glob)
		}
	}
	if t.name == "" {
		return t, "a kind or a node's name is missing here"
	}
	return t, ""
}

// Node is what a selector looks at of a node.
type Node struct {
	Name, Kind string
	Leader     bool
	Follower   bool // it runs, and does not lead
}

// Select returns the names of the nodes that are picked now, in their order. The
// random choice of @any comes from rng.
func (s Selector) Select(nodes []Node, rng *rand.Rand) []string {
	if len(s.terms) == 1 {
		return s.terms[0].pick(nodes, rng)
	}
	picked := map[string]bool{}
	for _, t := range s.terms {
		for _, name := range t.pick(nodes, rng) {
			picked[name] = !t.negated
		}
	}
	var names []string
	for _, n := range nodes {
		if picked[n.Name] {
			names = append(names, n.Name)
		}
	}
	return names
}

func (t term) pick(nodes []Node, rng *rand.Rand) []string {
	var names []string
	for _, n := range nodes {
		if t.holds(n) {
			names = append(names, n.Name)
		}
	}
	if t.which == "any" && len(names) > 1 {
		i := rng.IntN(len(names))
		names = names[i : i+1]
	}
	return names
}

func (t term) holds(n Node) bool {
	switch {
	case t.every:
		return true
	case t.zk:
		return false
	case n.Name == t.name:
		return true
	case n.Kind != t.name || t.glob != "" && !matches(t.glob, n.Name):
		return false
	case t.which == "leader":
		return n.Leader
	case t.which == "follower":
		return n.Follower
	}
	return true
}

// Elects reports whether the selector asks who leads.
func (s Selector) Elects() bool {
	return slices.ContainsFunc(s.terms, term.elects)
}

// LeaderOf are the kinds whose leader the selector asks for.
func (s Selector) LeaderOf() []string {
	var asked []string
	for _, t := range s.terms {
		if t.which == "leader" && !t.negated {
			asked = append(asked, t.name)
		}
	}
	return asked
}

func (t term) elects() bool { return t.which == "leader" || t.which == "follower" }

// ZooKeeper reports whether the selector names ZooKeeper itself.
func (s Selector) ZooKeeper() bool {
	return slices.ContainsFunc(s.terms, func(t term) bool { return t.zk && !t.negated })
}

// Empty reports whether it is the zero Selector, which picks nothing.
func (s Selector) Empty() bool { return len(s.terms) == 0 }

func (s Selector) String() string { return s.text }

// matches reports whether a name matches a pattern that ParseSelector has checked.
func matches(glob, name string) bool {
	ok, _ := path.Match(glob, name)
	return ok
}
