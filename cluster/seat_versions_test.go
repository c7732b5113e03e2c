package cluster

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/hashicorp/go-hclog"
)

func TestVersionIsAskedForOnceASession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		asked, fail := 0, true
		v := newVersions(func(context.Context, string) (string, error) {
			if asked++; fail {
				return "", errors.New("not up yet")
			}
			return "0.14.0", nil
		}, hclog.NewNullLogger())
		ask := func(session int64) {
			v.ask(ctx, &occupant{host: "h:1", session: session})
			synctest.Wait() // a request that fails waits before it says so
		}
		ask(0)
		if asked != 0 {
			t.Error("an empty seat was asked")
		}
		ask(7)
		ask(7)
		v.hear(<-v.answers)
		fail = false
		ask(7)
		v.hear(<-v.answers)
		ask(7)
		if got := v.of("h:1", 7); asked != 2 || got != "0.14.0" {
			t.Errorf("got %q after %d requests, want the version after one that failed and one that did not", got, asked)
		}
		ask(8)
		if got := v.of("h:1", 8); got != "" || v.of("h:1", 7) != "" {
			t.Errorf("got %q of a process that has not answered", got)
		}
		cancel() // nobody hears its answer
		v.wait()
	})
}
