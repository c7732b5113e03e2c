package memnet_test

import (
	"testing"
	"testing/synctest"

	"oakmoot/internal/run/memnet"
)

func TestInBubble(t *testing.T) {
	if memnet.InBubble() {
		t.Error("outside: got true")
	}
	synctest.Test(t, func(t *testing.T) {
		inside := make(chan bool)
		go func() { inside <- memnet.InBubble() }()
		if !memnet.InBubble() || !<-inside {
			t.Error("inside: got false")
		}
	})
}
