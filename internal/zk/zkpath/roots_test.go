package zkpath_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/zk/zkpath"
)

func TestRootsHoldTheWholeLayout(t *testing.T) {
	for name, tc := range map[string]struct {
		props map[string]string
		want  []string
	}{
		"defaults":            {nil, []string{"/druid"}},
		"another base":        {map[string]string{"druid.zk.paths.base": "/prod"}, []string{"/prod", "/druid/discovery"}},
		"the base is /":       {map[string]string{"druid.zk.paths.base": "/"}, []string{"/"}},
		"a queue elsewhere":   {map[string]string{"druid.zk.paths.loadQueuePath": "/queue"}, []string{"/druid", "/queue"}},
		"discovery around it": {map[string]string{"druid.zk.paths.base": "/a/b", "druid.discovery.curator.path": "/a"}, []string{"/a"}},
		"a longer name":       {map[string]string{"druid.zk.paths.base": "/a", "druid.discovery.curator.path": "/ab"}, []string{"/a", "/ab"}},
	} {
		p, err := zkpath.New(tc.props)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tc.want, p.Roots()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
