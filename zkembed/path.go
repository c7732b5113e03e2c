package zkembed

import (
	"strings"
	"unicode/utf8"
)

// validPath is PathUtils.validatePath.
func validPath(path string) bool {
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

// plausiblePath is the cheap test that create and delete make first.
func plausiblePath(path string) bool {
	return strings.Contains(path, "/") && !strings.Contains(path, "\x00")
}
