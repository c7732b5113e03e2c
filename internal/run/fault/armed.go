package fault

import (
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"oakmoot/internal/run/fault/quota"
)

// Effect is what a fault does to what its rule means.
type Effect interface {
	// check finds what is wrong with the effect, or with the rule for it.
	check(*Rule) error
}

// streamEffect is an effect on the bytes of a direction, whatever they say.
type streamEffect interface {
	Effect
	// holds reports whether the bytes wait until the fault is gone.
	holds() bool
	// late is how long after now bytes arrive.
	late(a *Armed, way Direction, n int, now time.Time) time.Duration
}

// slicer is a streamEffect that lets no more than some of n bytes leave at once.
type slicer interface{ slice(n int) int }

// ender is a streamEffect that ends a connection once enough bytes have passed.
type ender interface {
	// passes is how many of n more bytes pass, and whether the end is behind them.
	passes(a *Armed, w *wire, n int) (pass int, ends bool)
}

// messageEffect is an effect on single messages.
type messageEffect interface {
	Effect
	// sees reports whether the effect looks at messages under a rule.
	sees(*Rule) bool
	// takes reports whether a message that the rule means is one for the effect.
	takes(a *Armed, m *message) bool
	// decide adds to what becomes of a message.
	decide(f *fate, a *Armed, m *message)
}

// Armed is a fault that was armed on a link.
type Armed struct {
	link   *Link
	effect Effect
	rule   Rule
	quota  *quota.Quota // of the messages, or connections, that the rule means
	over   atomic.Bool  // it was taken away

	mu     sync.Mutex // guards the fields below
	rng    *rand.Rand
	counts Counts
	free   [From + 1]time.Time // when a limited direction has sent what it was given
}

// Counts is what a fault has touched.
type Counts struct {
	Messages    int   // requests, replies and notifications
	Connections int   // broken or refused
	Bytes       int64 // held up, late, lost or answered
	Missed      int   // messages that were meant, but for which the effect was not possible
	Last        []string
}

// lastNames is how many names Counts.Last keeps.
const lastNames = 5

// Touched is what the fault has touched so far. Last names the latest messages, such as
// "create /druid/x" or "GET /status".
func (a *Armed) Touched() Counts {
	a.mu.Lock()
	defer a.mu.Unlock()
	c := a.counts
	c.Last = slices.Clone(c.Last)
	return c
}

// Undo takes the fault away. What it has held up arrives; what it has lost stays lost. It
// may be called twice.
func (a *Armed) Undo() { a.link.disarm(func(o *Armed) bool { return o == a }) }

// Arm puts a fault on the link, behind those that are there. It refuses a rule that the
// effect cannot serve.
func (l *Link) Arm(e Effect, r Rule) (*Armed, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	if err := e.check(&r); err != nil {
		return nil, err
	}
	return l.arm(e, r), nil
}

// messages is the fault's effect on messages; false when it has none.
func (a *Armed) messages() (messageEffect, bool) {
	e, ok := a.effect.(messageEffect)
	return e, ok && e.sees(&a.rule)
}

// watches reports whether the fault has to see the messages of a peer's connections.
func (a *Armed) watches(p Peer) bool {
	_, is := a.messages()
	r := &a.rule
	meant := r.ZK == nil && r.HTTP == nil || r.ZK != nil && p.ZooKeeper || r.HTTP != nil && !p.ZooKeeper
	return is && meant && r.reaches(p)
}

// stream is the fault's effect on bytes; false when it has none.
func (a *Armed) stream() (streamEffect, bool) {
	if _, is := a.messages(); is {
		return nil, false
	}
	e, ok := a.effect.(streamEffect)
	return e, ok
}

// pick counts something that the rule means, and reports whether it is touched.
func (a *Armed) pick() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.quota.Pick(quota.Choice{Skip: a.rule.Skip, Times: a.rule.Times, Share: a.rule.Share}, a.rng.Float64)
}

// touch counts what the fault has touched.
func (a *Armed) touch(c Counts) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.counts.Messages += c.Messages
	a.counts.Connections += c.Connections
	a.counts.Bytes += c.Bytes
	a.counts.Missed += c.Missed
	a.counts.Last = append(a.counts.Last, c.Last...)
	if n := len(a.counts.Last) - lastNames; n > 0 {
		a.counts.Last = slices.Delete(a.counts.Last, 0, n)
	}
}

// missedOne takes back a message that was counted as touched: the effect was not possible
// after all. A nil fault has touched nothing.
func (a *Armed) missedOne() {
	if a != nil {
		a.touch(Counts{Messages: -1, Missed: 1})
	}
}

// random is a duration below a limit.
func (a *Armed) random(limit time.Duration) time.Duration {
	if limit <= 0 {
		return 0
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return time.Duration(a.rng.Int64N(int64(limit)))
}
