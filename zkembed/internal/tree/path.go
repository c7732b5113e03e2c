package tree

import (
	"strings"
	"unicode/utf8"
)

// ValidPath is PathUtils.validatePath.
func ValidPath(path string) bool {
	if path == "" || path[0] != '/' {
		return false
	}
	if path == "/" {
		return true
	}
	if path[len(path)-1] == '/' || !utf8.ValidString(path) {
		return false
	}
	for part := range strings.SplitSeq(path[1:], "/") {
		if part == "" || part == "." || part == ".." {
			return false
		}
	}
	return !strings.ContainsFunc(path, forbidden)
}

func forbidden(r rune) bool {
	return r <= 0x1f || r >= 0x7f && r <= 0x9f || r >= 0xd800 && r <= 0xf8ff || r >= 0xfff0
}

// PlausiblePath is the cheap test that create and delete make first.
func PlausiblePath(path string) bool {
	return strings.Contains(path, "/") && !strings.Contains(path, "\x00")
}

// Split cuts a path into its parent and its last part.
func Split(path string) (parent, name string) {
	i := strings.LastIndexByte(path, '/')
	if i <= 0 {
		return "/", path[i+1:]
	}
	return path[:i], path[i+1:]
}

func nameOf(path string) string {
	_, name := Split(path)
	return name
}

// Join is the path of a parent's child.
func Join(parent, name string) string {
	if parent == "/" || parent == "" {
		return "/" + name
	}
	return parent + "/" + name
}
