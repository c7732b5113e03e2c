package diskfault

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"oakmoot/internal/run/fault/quota"
)

// Rule says which operations a fault touches. Its zero value is all that its effect is
// about, each time.
//
// Operations are counted and drawn as they come. Of those whose path is meant, and to
// which the effect could do something, the first Skip pass; of the rest each is touched with a chance of
// Share; after Times of them the fault touches no more.
type Rule struct {
	// Paths are globs for whole paths, with slashes: * and ? stand for characters of one
	// name, ** for any number of names. None means every path.
	Paths []string

	Skip  int
	Times int     // 0 is without end
	Share float64 // from 0 to 1; 0 means 1

	// Quota counts for Skip and Times. Faults on several disks that have the same one are
	// counted together; nil is one of the fault's own.
	Quota *quota.Quota
}

func (r *Rule) check() error {
	for _, p := range r.Paths {
		if _, err := path.Match(p, ""); err != nil {
			return fmt.Errorf("disk fault: pattern %q: %w", p, err)
		}
	}
	if r.Skip < 0 || r.Times < 0 {
		return fmt.Errorf("disk fault: skip %d, times %d: want 0 or more", r.Skip, r.Times)
	}
	if !(r.Share >= 0 && r.Share <= 1) {
		return fmt.Errorf("disk fault: share %v: want 0 to 1", r.Share)
	}
	return nil
}

// means reports whether a path is meant.
func (r *Rule) means(name string) bool {
	if len(r.Paths) == 0 {
		return true
	}
	names := strings.Split(filepath.ToSlash(name), "/")
	return slices.ContainsFunc(r.Paths, func(p string) bool { return glob(strings.Split(p, "/"), names) })
}

// glob reports whether names match a pattern, one by one.
func glob(pattern, names []string) bool {
	for ; len(pattern) > 0 && pattern[0] != "**"; pattern, names = pattern[1:], names[1:] {
		if len(names) == 0 {
			return false
		}
		if ok, _ := path.Match(pattern[0], names[0]); !ok {
			return false
		}
	}
	if len(pattern) == 0 {
		return len(names) == 0
	}
	for i := range len(names) + 1 {
		if glob(pattern[1:], names[i:]) {
			return true
		}
	}
	return false
}
