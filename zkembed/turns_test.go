package zkembed

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"oakmoot/internal/zk/zkwire"
)

func TestLongListsTakeManyTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := New(Options{Network: InMemory(), Words: []string{"*"}, MaxSessionTimeout: time.Hour})
		runServer(t, srv)
		a := dialRaw(t, srv)
		const n = 5 * turnSize / 2
		for from := 0; from < n; from += 1000 {
			a.say(asks(1, zkwire.OpSetWatches, func(e *zkwire.Encoder) {
				var exist []string
				for i := from; i < min(n, from+1000); i++ {
					exist = append(exist, fmt.Sprintf("/none/%06d", i))
				}
				(&zkwire.SetWatchesRequest{Exist: exist}).Encode(e)
			}))
			if _, err := a.read(); err != nil {
				t.Fatal(err)
			}
		}
		for _, name := range []string{"wchc", "wchp"} {
			q := newQuestion(t, srv)
			if err := words[name](q); err != nil {
				t.Fatal(err)
			}
			text := q.to.(*strings.Builder).String()
			if paths := strings.Count(text, "/none/"); paths != n || q.taken < 3 {
				t.Errorf("%s: got %d paths in %d turns, want %d in three", name, paths, q.taken, n)
			}
		}
		// A caller that goes away leaves nothing behind, and the next one gets its turn.
		q := newQuestion(t, srv)
		ctx, cancel := context.WithCancel(t.Context())
		q.ctx, q.first = ctx, func(*state) { cancel() }
		if err := words["wchc"](q); err == nil {
			t.Error("of one who goes away: got no error")
		}
		if list, err := srv.Watches(t.Context()); err != nil || len(list) != 1 {
			t.Errorf("got %d sessions, %v; want one", len(list), err)
		}
	})
}

// TestTurnsOfAListingAllocateNothing looks at each turn of a long list: what it yields is
// in memory that was allocated outside the turn, and is no more than one turn's share.
func TestTurnsOfAListingAllocateNothing(t *testing.T) {
	srv := RunT(t, Options{})
	const n = 3*turnSize + 1
	turns, err := srv.lives.turns(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	l := &listing[int]{of: func(*state) iter.Seq[int] {
		return func(yield func(int) bool) {
			for i := range n {
				if !yield(i) {
					return
				}
			}
		}
	}}
	defer l.end()
	seen := 0
	for more := true; more; {
		l.makeRoom()
		made := &l.room[:1][0]
		if err := turns.take(l.goOn); err != nil {
			t.Fatal(err)
		}
		var part []int
		part, more = l.taken()
		if cap(part) != turnSize || &part[:1][0] != made {
			t.Fatalf("the turn after %d things made room for %d", seen, cap(part))
		}
		for _, got := range part {
			if got != seen {
				t.Fatalf("got %d, want %d", got, seen)
			}
			seen++
		}
	}
	if seen != n {
		t.Errorf("got %d things, want %d", seen, n)
	}
}

// TestFewLongListsAtATime has clients that do not read their lists; those that come after
// them wait no longer than their patience, and other requests are answered.
func TestFewLongListsAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := RunT(t, Options{Network: InMemory()})
		life := srv.lives.present()
		for range fewLists {
			life.lists <- struct{}{}
		}
		for _, name := range []string{"cons", "dump", "stat", "wchc", "wchp"} {
			q := newQuestion(t, srv)
			q.patience = wordLimit
			began := time.Now()
			if err := words[name](q); err != context.DeadlineExceeded || time.Since(began) != wordLimit {
				t.Errorf("%s behind lists that are not taken: got %v after %v", name, err, time.Since(began))
			}
		}
		if err := words["mntr"](newQuestion(t, srv)); err != nil {
			t.Errorf("mntr: %v", err)
		}
		<-life.lists
		if err := words["wchc"](newQuestion(t, srv)); err != nil {
			t.Errorf("wchc when a list is taken: %v", err)
		}
		if len(life.lists) != fewLists-1 {
			t.Errorf("%d lists are left, want %d", len(life.lists), fewLists-1)
		}
	})
}
