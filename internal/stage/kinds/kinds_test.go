package kinds_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/stage/kinds"
)

func TestEveryKindIsDescribed(t *testing.T) {
	keys := map[string]bool{kinds.KeyTier: true, kinds.KeyPriority: true, kinds.KeyMaxSize: true, kinds.KeyCapacity: true}
	names, ports := map[string]bool{}, map[int]bool{}
	for _, k := range kinds.All() {
		if k.Name == "" || k.Plural == "" || k.Service == "" || k.Command == "" || k.Port == 0 {
			t.Errorf("something is missing of %+v", k)
		}
		if names[k.Name] || ports[k.Port] {
			t.Errorf("%s has the name or port of another kind", k.Name)
		}
		names[k.Name], ports[k.Port] = true, true
		if k.NodeType == "" && k.ServerType == "" {
			t.Errorf("nothing in ZooKeeper shows that a node is a %s", k.Name)
		}
		for _, key := range k.Keys {
			if !keys[key] {
				t.Errorf("%s: no such key: %s", k.Name, key)
			}
		}
	}
}

func TestKindsAreFoundByWhatTheyAre(t *testing.T) {
	u := kinds.Universe(nil)
	if diff := cmp.Diff([]string{"coordinator", "overlord"}, u.Elect); diff != "" {
		t.Errorf("elect: -want +got:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"historical", "realtime"}, u.Serve); diff != "" {
		t.Errorf("serve: -want +got:\n%s", diff)
	}
	if got, want := kinds.Plurals(kinds.Kind.Serves), "historicals and realtime nodes"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if kinds.Of("historcal").Name != "" {
		t.Error("a mistyped kind is taken for one")
	}
}
