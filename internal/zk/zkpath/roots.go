package zkpath

import (
	"slices"
	"strings"
)

// Roots are the fewest directories that contain the whole layout: the base, and those
// that properties have moved elsewhere.
func (p Paths) Roots() []string {
	dirs := []string{p.Base, p.Discovery}
	for _, s := range p.shapes() {
		dirs = append(dirs, s.dir)
	}
	var roots []string
	for _, dir := range dirs {
		if slices.ContainsFunc(roots, func(root string) bool { return Within(root, dir) }) {
			continue
		}
		roots = slices.DeleteFunc(roots, func(root string) bool { return Within(dir, root) })
		roots = append(roots, dir)
	}
	return roots
}

// Within reports whether a path is a directory or lies below it.
func Within(dir, path string) bool {
	return path == dir || dir == "/" || strings.HasPrefix(path, dir) && path[len(dir)] == '/'
}
