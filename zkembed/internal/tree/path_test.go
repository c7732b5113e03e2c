package tree

import "testing"

// FuzzPaths checks a valid path against Apache's rules, a sentence each.
func FuzzPaths(f *testing.F) {
	for _, p := range []string{"/", "/a", "/a/", "//", "/.", "/a/../b", "/\x00", "/\uf8ff", "/\ufffd", "/é", "x", ""} {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, path string) {
		parent, name := Split(path)
		if ValidPath(path) && path != "/" && (Join(parent, name) != path || !ValidPath(parent)) {
			t.Errorf("%q splits into %q and %q", path, parent, name)
		}
		for _, r := range path {
			if ValidPath(path) && (r < ' ' || r > 0xffff) {
				t.Errorf("%q holds %U", path, r)
			}
		}
	})
}
