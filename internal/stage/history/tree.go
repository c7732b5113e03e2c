package history

import (
	"maps"
	"slices"
	"strings"
)

// tree is which znode is below which. A directory above a znode is in it even when no step tells of the directory.
type tree map[string]map[string]bool // names of children, by the parent's path

func treeOf(znodes map[string]*held) tree {
	t := tree{}
	for path := range znodes {
		t.add(path)
	}
	return t
}

// split is the parent of a path, and the path's name there; nothing is above the root.
func split(path string) (parent, name string, below bool) {
	at := strings.LastIndexByte(path, '/')
	switch {
	case at < 0 || path == "/":
		return "", "", false
	case at == 0:
		return "/", path[1:], true
	}
	return path[:at], path[at+1:], true
}

func (t tree) add(path string) {
	for {
		parent, name, below := split(path)
		if !below || t[parent][name] {
			return
		}
		if t[parent] == nil {
			t[parent] = map[string]bool{}
		}
		t[parent][name] = true
		path = parent
	}
}

// remove takes out a znode, and the directories above it in which nothing is left and of which no step tells.
func (t tree) remove(path string, told func(string) bool) {
	for len(t[path]) == 0 && !told(path) {
		parent, name, below := split(path)
		if !below {
			return
		}
		if delete(t[parent], name); len(t[parent]) == 0 {
			delete(t, parent)
		}
		path = parent
	}
}

// children are the paths of those of a path, sorted.
func (t tree) children(path string) []string {
	names := slices.Sorted(maps.Keys(t[path]))
	for i, name := range names {
		names[i] = strings.TrimSuffix(path, "/") + "/" + name
	}
	return names
}

// Children are the paths of the children of a znode, sorted.
func (p Past) Children(path string) []string { return p.tree.children(path) }

// CountChildren is how many children a znode has.
func (p Past) CountChildren(path string) int { return len(p.tree[path]) }

// Walk visits the znodes at and below a path, parents first and siblings by their names, until visit returns false. It
// goes into a znode only when enter says so.
func (p Past) Walk(path string, enter, visit func(path string) bool) bool {
	if !enter(path) {
		return true
	}
	if p.state.znodes[path] != nil && !visit(path) {
		return false
	}
	for _, child := range p.tree.children(path) {
		if !p.Walk(child, enter, visit) {
			return false
		}
	}
	return true
}
