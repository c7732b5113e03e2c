package cluster

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSeatsAreTakenByTheRightProcesses(t *testing.T) {
	shown := map[string]map[string]int64{
		"historical": {"a:1": 30, "b:2": 10, "own:3": 1, "c:2": 20},
		"broker":     {"d:4": 5},
	}
	own := map[string]bool{"own:3": true}
	for name, tc := range map[string]struct {
		claims []claim
		want   []string
	}{
		"at its port":                      {[]claim{{kind: "historical", port: 1}}, []string{"a:1"}},
		"at its port and host":             {[]claim{{kind: "historical", port: 2, host: "c"}}, []string{"c:2"}},
		"nobody at its port":               {[]claim{{kind: "historical", port: 9}}, []string{""}},
		"another kind at its port":         {[]claim{{kind: "historical", port: 4}}, []string{""}},
		"the first that came":              {[]claim{{kind: "historical"}}, []string{"b:2"}},
		"the one that it had":              {[]claim{{kind: "historical", last: "a:1"}}, []string{"a:1"}},
		"the one that it had is gone":      {[]claim{{kind: "historical", last: "x:9"}}, []string{"b:2"}},
		"never the same twice":             {[]claim{{kind: "historical"}, {kind: "historical"}}, []string{"b:2", "c:2"}},
		"a port goes before who came":      {[]claim{{kind: "historical"}, {kind: "historical", port: 2}}, []string{"c:2", "b:2"}},
		"who had goes before who comes":    {[]claim{{kind: "historical"}, {kind: "historical", last: "b:2"}}, []string{"c:2", "b:2"}},
		"never one of this cluster's own":  {[]claim{{kind: "historical", port: 3}}, []string{""}},
		"a kind that nobody has announced": {[]claim{{kind: "router"}}, []string{""}},
		"more seats than processes":        {[]claim{{kind: "broker"}, {kind: "broker"}}, []string{"d:4", ""}},
	} {
		if diff := cmp.Diff(tc.want, seated(tc.claims, shown, own)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
