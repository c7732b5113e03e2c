// Package quota counts what a fault meets. A fault that is armed in several places, on
// the links of several nodes, has one quota, so that "two times" is two in all.
package quota

import "sync"

// Choice says which of the things that a fault means are met. Of those that come, the
// first Skip pass; of the rest each is met with a chance of Share; after Times of them no
// more are.
type Choice struct {
	Skip  int
	Times int     // 0 is without end
	Share float64 // from 0 to 1; 0 means 1
}

// Quota is what has come and what was met of it. Its methods may be called from any
// goroutine.
type Quota struct {
	spent chan struct{}

	mu     sync.Mutex // guards the fields below
	seen   int
	picked int
}

// New makes a quota of which nothing is used.
func New() *Quota { return &Quota{spent: make(chan struct{})} }

// Spent is closed once the last of a choice's Times has been met.
func (q *Quota) Spent() <-chan struct{} { return q.spent }

// Picked is how many have been met.
func (q *Quota) Picked() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.picked
}

// Pick counts something that has come, and reports whether it is met. A chance is drawn
// only where the share is a part.
func (q *Quota) Pick(c Choice, chance func() float64) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.seen++
	switch {
	case q.seen <= c.Skip, c.Times > 0 && q.picked >= c.Times:
		return false
	case c.Share > 0 && c.Share < 1 && chance() >= c.Share:
		return false
	}
	q.picked++
	if q.picked == c.Times {
		close(q.spent)
	}
	return true
}
