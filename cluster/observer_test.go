package cluster

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"oakmoot/internal/stage/observe"
	"oakmoot/internal/stage/scenario"
	"oakmoot/internal/worldtest"
	"oakmoot/internal/zk/zkconn"
	"oakmoot/zkembed"
)

// watched is an observer that follows the world until the test ends.
func watched(t *testing.T, w *worldtest.World, each func(observe.Change, error) error) *observer {
	t.Helper()
	o := &observer{
		paths: w.Paths, changed: newSignal(), words: func() []observe.Node { return nil }, model: observe.New(w.Paths), feed: newCommitFeed(w.ZK),
	}
	ctx, cancel := context.WithCancel(t.Context())
	var following sync.WaitGroup
	following.Go(func() {
		if err := o.feed.follow(ctx, o, each); err != nil {
			t.Errorf("follow: %v", err)
		}
	})
	t.Cleanup(func() { cancel(); following.Wait() })
	return o
}

func queued(t *testing.T, o *observer) (n int) {
	t.Helper()
	if err := o.look(t.Context(), asked{Source: scenario.FromZooKeeper}, func(m *observe.Moment) { n = m.Live.Queued() }); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestLookSeesWhatWasCommittedBeforeIt(t *testing.T) {
	worldtest.Bubble(t, func(t *testing.T, w *worldtest.World) {
		o := watched(t, w, func(observe.Change, error) error { return nil })
		for i := range 50 {
			_, err := w.Conn.CreateParents(t.Context(), w.Paths.LoadRequest("h:1", fmt.Sprint(i)), nil, zkconn.Persistent)
			w.Must(err)
			if n := queued(t, o); n != i+1 {
				t.Fatalf("after %d requests: got %d", i+1, n)
			}
		}
	})
}

func TestLookSeesATransactionWholeOrNotAtAll(t *testing.T) {
	worldtest.Bubble(t, func(t *testing.T, w *worldtest.World) {
		o := watched(t, w, func(observe.Change, error) error { return nil })
		_, err := w.Conn.CreateParents(t.Context(), w.Paths.LoadQueueOf("h:1"), nil, zkconn.Persistent)
		w.Must(err)
		a, b := w.Paths.LoadRequest("h:1", "a"), w.Paths.LoadRequest("h:1", "b")
		ctx, stop := context.WithCancel(t.Context())
		var looking sync.WaitGroup
		looking.Go(func() {
			for ctx.Err() == nil {
				if n := queued(t, o); n == 1 {
					t.Error("half of a transaction was seen")
					return
				}
			}
		})
		for range 100 {
			w.Must(w.Conn.Transact(t.Context(), zkconn.Creation(a, nil, zkconn.Persistent), zkconn.Creation(b, nil, zkconn.Persistent)))
			w.Must(w.Conn.DeleteAll(t.Context(), a, b))
		}
		stop()
		looking.Wait()
	})
}

// TestModelLooksAnewAfterAGap holds the reader of the commits up until the server has
// forgotten some of them.
func TestModelLooksAnewAfterAGap(t *testing.T) {
	worldtest.Bubble(t, func(t *testing.T, w *worldtest.World) {
		held, released := make(chan struct{}), make(chan struct{})
		gaps := 0
		first := true
		o := watched(t, w, func(_ observe.Change, err error) error {
			if first {
				first = false
				close(held)
				<-released
			}
			if err != nil {
				if gap := new(zkembed.GapError); !errors.As(err, &gap) {
					return err
				}
				gaps++
			}
			return nil
		})
		<-held
		const requests = 50
		large := make([]byte, 1<<20-1000)
		for i := range requests {
			_, err := w.Conn.CreateParents(t.Context(), w.Paths.LoadRequest("h:1", fmt.Sprint(i)), large, zkconn.Persistent)
			w.Must(err)
			if i%2 == 0 {
				w.Must(w.Conn.Delete(t.Context(), w.Paths.LoadRequest("h:1", fmt.Sprint(i)), -1))
			}
		}
		close(released)
		if n := queued(t, o); n != requests/2 {
			t.Errorf("got %d requests, want %d", n, requests/2)
		}
		if gaps != 1 {
			t.Errorf("got %d gaps, want one", gaps)
		}
	})
}

func TestLookThatIsGivenUpSaysSo(t *testing.T) {
	worldtest.Bubble(t, func(t *testing.T, w *worldtest.World) {
		o := &observer{paths: w.Paths, changed: newSignal(), words: func() []observe.Node { return nil }, model: observe.New(w.Paths), feed: newCommitFeed(w.ZK)}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := o.look(ctx, asked{Source: scenario.FromZooKeeper}, func(*observe.Moment) { t.Error("answered from a model that nobody feeds") })
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}
