package coordinator

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/druid"
	"oakmoot/internal/roles/coordinator/plan"
	"oakmoot/internal/run/loop"
	"oakmoot/internal/run/metadata"
)

// TestLeaderAnswersAndIsDeposedDuringItsFirstPoll: however long the store takes, the loop runs what it is handed, and the
// end of the term ends the poll.
func TestLeaderAnswersAndIsDeposedDuringItsFirstPoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, err := metadata.Open(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		if _, err := store.Insert(t.Context(), []druid.DataSegment{*hourOf(1)}); err != nil {
			t.Fatal(err)
		}
		release, written := make(chan struct{}), make(chan error)
		go func() {
			_, err := store.ChangePayloads(t.Context(), func(payload []byte) []byte { <-release; return payload })
			written <- err
		}()
		synctest.Wait() // the store has one connection, which is now taken
		work, depose := context.WithCancel(t.Context())
		defer depose()
		l := &leadership{
			coordinator: &coordinator{}, work: work, loop: loop.New("the leadership"), polled: make(chan struct{}),
			polls: newPolls(store, hclog.NewNullLogger(), "_default", plan.NewCatalog()),
		}
		went := make(chan bool)
		go func() {
			on := l.firstPoll()
			l.loop.End()
			went <- on
		}()
		if err := l.loop.Do(t.Context(), func() {}); err != nil {
			t.Errorf("handed to the loop: %v", err)
		}
		gone, leave := context.WithCancel(t.Context())
		leave()
		if l.hasPolled(gone) {
			t.Error("a request is told that the segments have been read")
		}
		depose()
		if <-went || l.hasPolled(t.Context()) {
			t.Error("a term that has ended goes on as if it had polled")
		}
		close(release)
		if err := <-written; err != nil {
			t.Error(err)
		}
	})
}
