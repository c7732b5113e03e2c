package observe

import (
	"strings"
	"testing"

	"oakmoot/internal/zk/zkpath"
)

func TestEachKindOfZnodeAndEachDirectoryMeansSomething(t *testing.T) {
	paths, err := zkpath.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	for kind := range znodeKinds {
		if means[kind] == "" {
			t.Errorf("nothing says what a %s means", kind)
		}
	}
	for path, want := range map[string]string{
		"/druid":                            "druid.zk.paths.base",
		paths.CoordinatorLatch():            "election",
		paths.CoordinatorLatch() + "/a":     "LeaderLatch",
		paths.LoadRequest("a:1", "segment"): "load or drop",
		"/zookeeper/quota":                  "none of Druid's protocols",
	} {
		if got := Means(paths, path); !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want %q in it", path, got, want)
		}
	}
}
