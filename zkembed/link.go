package zkembed

import (
	"sync"
	"sync/atomic"
	"time"
)

// link is what can be slowed or cut between an endpoint and its clients.
type link struct {
	troubled atomic.Bool // so that a healthy link takes no mutex

	mu     sync.Mutex // guards the fields below
	delay  time.Duration
	healed chan struct{} // closed once the link is whole again; nil while it is
}

func (l *link) slow(delay time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.delay = max(0, delay)
	l.note()
}

func (l *link) cut() (heal func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.healed == nil {
		l.healed = make(chan struct{})
	}
	cut := l.healed
	l.note()
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.healed == cut {
			close(cut)
			l.healed = nil
			l.note()
		}
	}
}

func (l *link) isCut() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.healed != nil
}

// note updates troubled; the caller holds mu.
func (l *link) note() { l.troubled.Store(l.delay > 0 || l.healed != nil) }

// pass waits for as long as the link holds things up. When the connection ends meanwhile,
// what was slowed arrives at once, and what was cut off never does: false.
func (l *link) pass(ended <-chan struct{}) bool {
	if !l.troubled.Load() {
		return true
	}
	l.mu.Lock()
	delay := l.delay
	l.mu.Unlock()
	if delay > 0 {
		timer := time.NewTimer(delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ended:
		}
	}
	for {
		l.mu.Lock()
		healed := l.healed
		l.mu.Unlock()
		if healed == nil {
			return true
		}
		select {
		case <-healed:
		case <-ended:
			return false
		}
	}
}
