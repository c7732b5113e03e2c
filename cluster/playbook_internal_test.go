package cluster

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/stage/scenario"
)

func TestPlaybookPlaysStepsAtTheirTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var mu sync.Mutex
		var played []string // guarded by mu
		act := func(_ context.Context, a scenario.Action) (Fault, error) {
			mu.Lock()
			defer mu.Unlock()
			played = append(played, time.Since(start).String()+" "+a.String())
			if a.Verb.Name == "resume" {
				return Fault{}, errors.New("nobody is paused")
			}
			return Fault{}, nil
		}
		at := func(d time.Duration) Duration { return Duration{Duration: d, Set: true} }
		p := newPlaybook([]Step{
			{At: at(2 * time.Second), Do: "resume broker"},
			{At: at(time.Second), Do: "kill broker for 20s"},
			{At: at(2 * time.Second), Do: "heal"},
			{At: at(time.Hour), Do: "stop broker", Optional: true},
			{At: at(time.Hour), Do: "restart broker"},
		}, scenario.Universe{}, act, hclog.NewNullLogger())
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := p.play(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got error %v, want that the time was over", err)
		}
		want := []string{"1s kill broker for 20s", "2s resume broker", "2s heal"}
		if diff := cmp.Diff(want, played); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		wantErr := "step resume broker: nobody is paused\nstep restart broker never took place"
		if err := p.verdict(); err == nil || err.Error() != wantErr {
			t.Errorf("got verdict %v, want %s", err, wantErr)
		}
	})
}
