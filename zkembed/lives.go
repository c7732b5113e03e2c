package zkembed

import (
	"context"
	"sync"

	"oakmoot/internal/zk/zkwire"
)

// lives are a server's lives, one after another: each Run begins one, and so does each
// restart within a Run.
type lives struct {
	mu      sync.Mutex // guards the fields below
	running bool
	ready   chan struct{} // closed once the present Run serves
	now     *lifetime     // nil while nothing is served
	ended   *lifetime     // the one before it; nil once it has been replaced
	last    issued
}

// issued is what must not be given out twice, not even by a later Run of a server
// that forgets the rest: clients may still hold it.
type issued struct {
	zxid    zkwire.Zxid
	session zkwire.SessionID
}

func newLives() lives { return lives{ready: make(chan struct{})} }

// enter begins a Run; false when there is one already.
func (l *lives) enter() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.running {
		return false
	}
	l.running = true
	return true
}

// leave ends a Run.
func (l *lives) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.running = false
	l.replaceEnded()
	select {
	case <-l.ready:
		l.ready = make(chan struct{}) // for the next Run
	default: // it never got that far; whoever waits may wait for the next Run
	}
}

// live serves one state until ctx ends, a restart is requested or the log fails.
func (l *lives) live(ctx context.Context, st *state) error {
	life := newLifetime(st)
	st.begins(life)
	l.begin(life)
	err := st.run(ctx)
	l.end(st)
	life.end()
	st.log.Close()
	return err
}

func (l *lives) begin(life *lifetime) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now = life
	l.replaceEnded()
	select {
	case <-l.ready: // a restart
	default:
		close(l.ready)
	}
}

func (l *lives) end(st *state) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now, l.ended = nil, l.now
	l.last = issued{st.zxid, st.sessions.lastID}
}

// replaceEnded wakes those who wait for a restart; the caller holds mu.
func (l *lives) replaceEnded() {
	if l.ended != nil {
		close(l.ended.replaced)
		l.ended = nil
	}
}

// present is the life that serves; nil while none does.
func (l *lives) present() *lifetime {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now
}

// serving is closed once the present Run, or the next, serves.
func (l *lives) serving() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ready
}

func (l *lives) lastIssued() issued {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}

// call runs f on the state's goroutine and waits for it.
func (l *lives) call(ctx context.Context, f func(*state) error) error {
	life := l.present()
	if life == nil {
		return ErrNotRunning
	}
	return life.call(ctx, f)
}

// ask has f answer from the state. An answer that ctx did not wait for is dropped: the
// state may still get to it later.
func ask[T any](ctx context.Context, l *lives, f func(*state) T) (T, error) {
	answer := make(chan T, 1)
	err := l.call(ctx, func(st *state) error {
		answer <- f(st)
		return nil
	})
	if err != nil {
		var none T
		return none, err
	}
	return <-answer, nil
}

// restart ends the present life and waits for the next.
func (l *lives) restart(ctx context.Context) error {
	before := l.present()
	if before == nil {
		return ErrNotRunning
	}
	if err := before.call(ctx, func(st *state) error { st.pace.ending = errRestart; return nil }); err != nil {
		return err
	}
	select {
	case <-before.replaced:
		if l.present() == nil {
			return ErrNotRunning
		}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// turns are for one listing; ErrNotRunning when there is nothing to list.
func (l *lives) turns(ctx context.Context) (*turns, error) {
	life := l.present()
	if life == nil {
		return nil, ErrNotRunning
	}
	return &turns{ctx: ctx, life: life}, nil
}
