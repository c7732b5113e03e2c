package history

import (
	"strings"
	"testing"
)

func TestATreeHasTheDirectoriesAboveItsZnodes(t *testing.T) {
	tree := tree{}
	told := map[string]bool{"/a/b/c": true, "/a/b/d": true, "/a": true}
	for path := range told {
		tree.add(path)
	}
	is := func(path string) bool { return told[path] }
	for _, step := range []struct{ gone, of, want string }{
		{"", "/", "/a"},
		{"", "/a", "/a/b"},
		{"", "/a/b", "/a/b/c /a/b/d"},
		{"/a/b/c", "/a/b", "/a/b/d"},
		{"/a/b/d", "/a", ""},
		{"", "/", "/a"},
		{"/a", "/", ""},
	} {
		if step.gone != "" {
			delete(told, step.gone)
			tree.remove(step.gone, is)
		}
		if got := strings.Join(tree.children(step.of), " "); got != step.want {
			t.Errorf("without %q, %s has %q, want %q", step.gone, step.of, got, step.want)
		}
	}
	if len(tree) > 0 {
		t.Errorf("%v is left of an empty tree", tree)
	}
}
