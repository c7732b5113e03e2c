package election_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"oakmoot/internal/worldtest"
	"oakmoot/zkembed"
)

// blow is something that happens to one of the candidates, and how long it is
// left alone after that.
type blow struct {
	verb string
	who  int
	then time.Duration
}

func (b blow) String() string { return fmt.Sprintf("%s %d, %v", b.verb, b.who, b.then) }

// blows are what may happen.
var blows = map[string]func(w *world, c *candidate){
	"expire": func(w *world, c *candidate) {
		_ = w.ZK.Expire(w.T.Context(), zkembed.SessionID(c.zc.SessionID())) // of one that is cut off it may have ended already
	},
	"disconnect": func(_ *world, c *candidate) { c.link.Disconnect() },
	"cut":        func(_ *world, c *candidate) { c.link.Cut() },
	"pause":      func(_ *world, c *candidate) { c.link.Pause() },
	"heal":       func(_ *world, c *candidate) { c.link.Heal(); c.link.Resume() },
	"leave":      func(_ *world, c *candidate) { c.link.Heal(); c.link.Resume(); c.stop() },
}

const candidates = 4

// Whatever happens to the candidates, at any moment at most one of those that ZooKeeper
// believes alive acts as leader, apart from one whose machine stands still; and once all
// is healed, one leads for good.
func TestAtMostOneLeadsAtAnyTimeAndOneInTheEnd(t *testing.T) {
	verbs := []string{"expire", "disconnect", "cut", "pause", "heal", "heal", "leave"}
	rapid.Check(t, func(rt *rapid.T) {
		story := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) blow {
			return blow{
				verb: rapid.SampledFrom(verbs).Draw(rt, "verb"),
				who:  rapid.IntRange(0, candidates-1).Draw(rt, "who"),
				then: time.Duration(rapid.IntRange(0, 9_000).Draw(rt, "then")) * time.Millisecond,
			}
		}), 1, 12).Draw(rt, "story")
		var wrong string
		bubble(t, func(_ *testing.T, w *world) { wrong = w.play(story) })
		if wrong != "" {
			rt.Fatal(wrong)
		}
	})
}

// play carries a story out and says what was wrong at some moment of it.
func (w *world) play(story []blow) string {
	var all []*candidate
	for i := range candidates {
		all = append(all, w.join(fmt.Sprint(i), nil))
	}
	gone := map[int]bool{}
	for _, b := range story {
		if gone[b.who] || b.verb == "leave" && len(gone) == candidates-1 {
			continue
		}
		gone[b.who] = b.verb == "leave"
		if !gone[b.who] {
			delete(gone, b.who)
		}
		blows[b.verb](w, all[b.who])
		for end := time.Now().Add(b.then); ; time.Sleep(250 * time.Millisecond) {
			if wrong := w.wrong(all); wrong != "" {
				return fmt.Sprintf("after %q: %s", b, wrong)
			}
			if !time.Now().Before(end) {
				break
			}
		}
	}
	return w.calm(all)
}

// wrong says which rule is broken right now, "" for none.
func (w *world) wrong(all []*candidate) string {
	queue := strings.Fields(w.queue())
	synctest.Wait()
	moving := 0
	for _, c := range all {
		if !c.leading() {
			continue
		}
		if !c.link.Paused() {
			moving++
		}
		for place, name := range queue {
			if name == c.name && place > 0 {
				return fmt.Sprintf("%s leads as number %d of %v", c.name, place+1, queue)
			}
		}
	}
	if moving > 1 {
		return fmt.Sprintf("%s lead at the same time", leaders(all...))
	}
	return ""
}

// calm heals everything and says what is wrong with how it ends.
func (w *world) calm(all []*candidate) string {
	for _, c := range all {
		blows["heal"](w, c)
	}
	time.Sleep(3 * worldtest.SessionTimeout)
	first := leaders(all...)
	time.Sleep(worldtest.SessionTimeout)
	if got := leaders(all...); strings.Contains(got, " ") || got == "" || got != first {
		return fmt.Sprintf("in the end: leaders %q, then %q; want one and the same", first, got)
	}
	if queue := w.queue(); strings.Fields(queue)[0] != first {
		return fmt.Sprintf("in the end %s leads and the queue is %s", first, queue)
	}
	return ""
}
