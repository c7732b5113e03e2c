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

// awaySince is since when ZooKeeper has been away, if that is what err says.
func awaySince(err error) (since time.Time, away bool) {
	var e *awayError
	if !errors.As(err, &e) {
		return time.Time{}, false
	}
	return e.since, true
}

// presence is whether an external ZooKeeper is there, as the observer's connection
// sees it.
type presence struct {
	servers string

	mu    sync.Mutex // guards since
	since time.Time  // zero while it is there
}

// follow notes the connection's states until they end.
func (p *presence) follow(states <-chan zkconn.State) {
	for state := range states {
		p.mu.Lock()
		switch {
		case state == zkconn.Connected || state == zkconn.Reconnected:
			p.since = time.Time{}
		case p.since.IsZero():
			p.since = time.Now()
		}
		p.mu.Unlock()
	}
}

// away is an error while ZooKeeper is away.
func (p *presence) away() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.since.IsZero() {
		return nil
	}
	return &awayError{p.servers, p.since}
}

// answerLimit is how long an external ZooKeeper may take to answer one look at the
// tree.
const answerLimit = 5 * time.Second

// bounded runs one look with its limit. One that is not over by then began when
// nobody knew yet that ZooKeeper is away.
func (p *presence) bounded(ctx context.Context, look func(context.Context) error) error {
	if err := p.away(); err != nil {
		return err
	}
	began := time.Now()
	limited, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	err := look(limited)
	if err == nil || limited.Err() == nil || ctx.Err() != nil {
		return err
	}
	if away := p.away(); away != nil {
		return away
	}
	return &awayError{p.servers, began}
}
