package zkembed_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"oakmoot/zkembed"
)

func TestServerOnRealSocketsIsRefusedInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		err := zkembed.New(zkembed.Options{}).Run(t.Context())
		if err == nil || !strings.Contains(err.Error(), "zkembed.InMemory()") {
			t.Errorf("got %v, want to be told of InMemory", err)
		}
	})
}
