package scenario

import (
	"fmt"
	"slices"
)

// Check reports the first term that can never mean a node of the universe, or else that
// the whole selector can mean nobody.
func (s Selector) Check(u Universe) error {
	if u.Kinds == nil && u.Nodes == nil {
		return nil
	}
	for _, t := range s.terms {
		if message := t.check(u); message != "" {
			return &SyntaxError{Text: s.text, Column: t.column, Message: message}
		}
	}
	if !s.Empty() && !s.ZooKeeper() && !s.Picks(u, func(Node) bool { return true }) {
		return &SyntaxError{Text: s.text, Column: 1, Message: fmt.Sprintf("%q can mean nobody: it takes away all that it names", s.text)}
	}
	return nil
}

// check says what is wrong with a term, or "".
func (t term) check(u Universe) string {
	if t.every || t.zk {
		return ""
	}
	known := slices.Concat(u.Kinds, u.names(), []string{ZooKeeperName})
	kind := slices.Contains(u.Kinds, t.name)
	switch {
	case !slices.Contains(known, t.name):
		return unknown("kind or node", t.name, known)
	case !kind && (t.glob != "" || t.which != ""):
		return fmt.Sprintf("%q is a node, not a kind", t.name)
	case !kind:
		return ""
	case t.elects() && u.elects(t.name) != "":
		return u.elects(t.name)
	case u.count(t.name) == 0:
		return nobody(t.name)
	case t.which == "follower" && u.count(t.name) == 1:
		return fmt.Sprintf("the only %s follows nobody", t.name)
	case t.glob != "" && !slices.ContainsFunc(u.Nodes, func(n Node) bool { return n.Kind == t.name && matches(t.glob, n.Name) }):
		return t.matchesNobody(u)
	}
	return ""
}

// matchesNobody words that no node of the kind has a name like the pattern.
func (t term) matchesNobody(u Universe) string {
	var names []string
	for _, n := range u.Nodes {
		if n.Kind == t.name {
			names = append(names, n.Name)
		}
	}
	message := fmt.Sprintf("no %s's name matches %q", t.name, t.glob)
	if slices.Contains(whiches, t.glob) {
		return message + fmt.Sprintf("; did you mean \"%s@%s\"?", t.name, t.glob)
	}
	if near := Nearest(t.glob, names); near != "" {
		message += fmt.Sprintf("; did you mean %q?", near)
	}
	return message
}

// Picks reports whether there is a node, among those that are asked for, that the
// selector picks in some state of the cluster: whoever leads, follows, or is down.
func (s Selector) Picks(u Universe, wanted func(Node) bool) bool {
	for _, n := range u.Nodes {
		if !wanted(n) {
			continue
		}
		for _, as := range []Node{
			{Name: n.Name, Kind: n.Kind},
			{Name: n.Name, Kind: n.Kind, Leader: true},
			{Name: n.Name, Kind: n.Kind, Follower: true},
		} {
			if s.mayPick(as, u) {
				return true
			}
		}
	}
	return false
}

// mayPick reports whether a node in its state is picked, at least by luck.
func (s Selector) mayPick(n Node, u Universe) bool {
	picked := false
	for _, t := range s.terms {
		byLuck := t.which == "any" && u.count(t.name) > 1
		if t.holds(n) && !(t.negated && byLuck) {
			picked = !t.negated
		}
	}
	return picked
}
