//go:build interop

package real_test

import (
	"testing"

	"oakmoot/interop/real"
)

func TestEverythingCanBeFetched(t *testing.T) {
	kit, err := real.Open(t.Context())
	if err != nil {
		t.Skip(err)
	}
	if _, err := kit.ZooKeeper(t.Context()); err != nil {
		t.Errorf("got %v, want ZooKeeper", err)
	}
	for _, version := range []string{real.Druid014, real.Druid27} {
		if _, err := kit.Druid(t.Context(), version); err != nil {
			t.Errorf("got %v, want Druid %s", err, version)
		}
	}
}
