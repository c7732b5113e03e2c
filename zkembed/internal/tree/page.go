package tree

import (
	"iter"
	"slices"
	"strings"
)

// EachAfter calls each for the node at path and all below it that come behind the path
// after: parents first, siblings in the order of their names. It ends when each returns
// false. Of a node with many children it looks at no more than limit of them at once.
func EachAfter(t *Tree, path, after string, limit int, each func(string, *Node) bool) {
	if n := t.Lookup(path); n != nil && limit > 0 {
		p := page{after, limit, each}
		p.visit(path, n)
	}
}

// page is a part of the tree in order.
type page struct {
	after string
	limit int
	each  func(string, *Node) bool
}

// visit reports whether to go on behind a node and what is below it.
func (p *page) visit(path string, n *Node) bool {
	if Behind(path, p.after) && !p.each(path, n) {
		return false
	}
	from := p.childFrom(path)
	for {
		some := smallest(n.kids().all(), from, p.limit)
		for _, child := range some {
			if !p.visit(Join(path, child.Name()), child) {
				return false
			}
		}
		if len(some) < p.limit {
			return true
		}
		from = some[len(some)-1].Name() + "\x00" // the next name there can be
	}
}

// childFrom is the name of the first child of a path that, or below which something, comes
// behind the page's beginning.
func (p *page) childFrom(path string) string {
	rest, below := strings.CutPrefix(p.after, strings.TrimSuffix(path, "/")+"/")
	if !below {
		return ""
	}
	name, _, _ := strings.Cut(rest, "/")
	return name
}

// Behind reports whether a path comes behind another one, which may be empty.
func Behind(path, after string) bool { return after == "" || ComparePaths(path, after) > 0 }

// ComparePaths orders paths part by part.
func ComparePaths(a, b string) int {
	return slices.Compare(strings.Split(strings.TrimSuffix(a, "/"), "/"), strings.Split(strings.TrimSuffix(b, "/"), "/"))
}

// smallest are the first nodes by name, from a name on, limit of them at most.
func smallest(all iter.Seq[*Node], from string, limit int) (first []*Node) {
	byName := func(a, b *Node) int { return strings.Compare(a.Name(), b.Name()) }
	last := "" // of a full selection
	for n := range all {
		if name := n.Name(); name < from || last != "" && name > last {
			continue
		}
		if first = append(first, n); len(first) == 2*limit {
			slices.SortFunc(first, byName)
			first = first[:limit]
			last = first[limit-1].Name()
		}
	}
	slices.SortFunc(first, byName)
	return first[:min(limit, len(first))]
}
