package cluster

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"oakmoot/internal/zk/zkconn"
)

// awayError says that ZooKeeper does not answer, so what only it knows is not known.
type awayError struct {
	servers string
	since   time.Time
}

func (e *awayError) Error() string {
	return fmt.Sprintf("ZooKeeper %s has been away since %s (%v)", e.servers, e.since.Format("15:04:05"), time.Since(e.since).Round(time.Second))
}

func (e *awayError) Unwrap() error { return ErrUnavailable }

// awaySince is since when ZooKeeper has been away, if err says so.
func awaySince(err error) (since time.Time, away bool) {
	var e *awayError
	if !errors.As(err, &e) {
		return time.Time{}, false
	}
	return e.since, true
}

// awayGrace is how long the observer's client has to find another server before
// ZooKeeper counts as away: it changes servers whenever one of a quorum dies, and those
// left may have to elect a leader first.
const awayGrace = 1500 * time.Millisecond

// presence is whether an external ZooKeeper is reachable, as the observer's connection
// sees it.
type presence struct {
	servers string

	mu    sync.Mutex    // guards the fields below
	since time.Time     // there has been no connection; zero while there is one
	grace *time.Timer   // closes gone; nil while there is a connection
	gone  chan struct{} // closed while ZooKeeper is away
}

func newPresence(servers string) *presence {
	return &presence{servers: servers, gone: make(chan struct{})}
}

// follow notes the connection's states until they end.
func (p *presence) follow(states <-chan zkconn.State) {
	for state := range states {
		if state == zkconn.Connected || state == zkconn.Reconnected {
			p.found()
		} else {
			p.lost()
		}
	}
	p.found() // stops the timer
}

// found notes that there is a connection.
func (p *presence) found() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.grace == nil {
		return
	}
	p.grace.Stop()
	p.grace, p.since = nil, time.Time{}
	if closed(p.gone) {
		p.gone = make(chan struct{})
	}
}

// lost notes that there is none: ZooKeeper is away unless there is one soon.
func (p *presence) lost() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.grace != nil {
		return
	}
	var grace *time.Timer
	grace = time.AfterFunc(awayGrace, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.grace == grace {
			close(p.gone)
		}
	})
	p.grace, p.since = grace, time.Now()
}

// now returns since when there has been no connection, zero while there is one, and a
// channel that is closed once ZooKeeper is away.
func (p *presence) now() (since time.Time, gone <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.since, p.gone
}

// answerLimit is how long an external ZooKeeper may take to answer one look at the
// tree.
const answerLimit = 5 * time.Second

// bounded runs one look until ZooKeeper is away or the look's time is up. Its error is
// then an awayError, unless the caller gave up while there was a connection.
func (p *presence) bounded(ctx context.Context, look func(context.Context) error) error {
	since, gone := p.now()
	if closed(gone) {
		return &awayError{p.servers, since}
	}
	began := time.Now()
	limited, cancel := context.WithTimeout(ctx, answerLimit)
	var watching sync.WaitGroup
	watching.Go(func() {
		select {
		case <-gone:
			cancel()
		case <-limited.Done():
		}
	})
	err := look(limited)
	cutShort := limited.Err() != nil
	cancel()
	watching.Wait()
	if err == nil || !cutShort {
		return err
	}
	if since, _ := p.now(); !since.IsZero() {
		return &awayError{p.servers, since}
	}
	if ctx.Err() != nil {
		return err
	}
	return &awayError{p.servers, began}
}
