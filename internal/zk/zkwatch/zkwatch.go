// Package zkwatch watches whole trees of a ZooKeeper with persistent recursive watches,
// which servers have had since 3.6: it notes which znodes have changed, and reads them
// over the same connection, so that what it reads is never older than what it has
// noted.
//
// A Watch is one connection with one session. It does not reconnect: when it has ended,
// whoever needs another opens one and lists the trees anew. Its two goroutines, one
// that reads and one that pings, have ended when Close returns.
package zkwatch

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"sync"
	"time"

	"oakmoot/internal/zk/zkwire"
)

// Options are how a Watch connects.
type Options struct {
	Servers        []string // tried in order
	SessionTimeout time.Duration
	Dial           func(ctx context.Context, network, addr string) (net.Conn, error)
	Changed        func() // called after something was noted; must not block. May be nil
}

// Errors that a caller acts on; test with errors.Is.
var (
	// ErrUnsupported means that the server has no persistent recursive watches.
	ErrUnsupported = errors.New("the server has no persistent recursive watches")
	// ErrNoNode means that there is no such znode.
	ErrNoNode = errors.New("no node")
	// ErrEnded means that the connection has ended.
	ErrEnded = errors.New("the connection has ended")
)

// Watch is a connection that watches trees.
type Watch struct {
	opts    Options
	line    *line
	turn    chan struct{} // full while a request is under way
	xid     zkwire.Xid    // of the latest request; owned by whoever has the turn
	answers chan answer   // to the request under way
	ended   chan struct{} // closed when the reader has ended
	both    sync.WaitGroup

	mu    sync.Mutex // guards dirty
	dirty map[string]bool
}

// answer is a reply: its header, and what follows it.
type answer struct {
	header zkwire.ReplyHeader
	body   *zkwire.Decoder
}

// Open connects and watches the trees below the paths. What changes from then on is
// noted.
func Open(ctx context.Context, opts Options, paths ...string) (*Watch, error) {
	l, err := connect(ctx, opts)
	if err != nil {
		return nil, err
	}
	w := &Watch{
		opts: opts, line: l, turn: make(chan struct{}, 1), answers: make(chan answer, 1), ended: make(chan struct{}), dirty: map[string]bool{},
	}
	w.both.Go(w.read)
	w.both.Go(w.ping)
	for _, path := range paths {
		_, err := w.ask(ctx, zkwire.OpAddWatch, &zkwire.AddWatchRequest{Path: path, Mode: zkwire.WatchPersistentRecursive})
		if errors.Is(err, zkwire.Unimplemented) {
			err = ErrUnsupported
		}
		if err != nil {
			w.Close()
			return nil, fmt.Errorf("watch %s: %w", path, err)
		}
	}
	return w, nil
}

// Sync returns once everything that was committed before the call has been noted.
func (w *Watch) Sync(ctx context.Context, path string) error {
	_, err := w.ask(ctx, zkwire.OpSync, &zkwire.PathRequest{Path: path})
	return err
}

// Take returns the paths noted since the last call, sorted.
func (w *Watch) Take() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	paths := slices.Sorted(maps.Keys(w.dirty))
	clear(w.dirty)
	return paths
}

// Get reads a znode.
func (w *Watch) Get(ctx context.Context, path string) ([]byte, zkwire.Stat, error) {
	body, err := w.ask(ctx, zkwire.OpGetData, &zkwire.ReadRequest{Path: path})
	if err != nil {
		return nil, zkwire.Stat{}, err
	}
	var r zkwire.DataResponse
	r.Decode(body)
	return r.Data, r.Stat, body.Err()
}

// Children lists a znode's children.
func (w *Watch) Children(ctx context.Context, path string) ([]string, error) {
	body, err := w.ask(ctx, zkwire.OpGetChildren, &zkwire.ReadRequest{Path: path})
	if err != nil {
		return nil, err
	}
	var r zkwire.NamesResponse
	r.Decode(body)
	return r.Names, body.Err()
}

// Close ends the session and the connection.
func (w *Watch) Close() {
	_ = w.line.write(&zkwire.RequestHeader{Xid: closeXid, Op: zkwire.OpCloseSession}) // a connection that has ended cannot say goodbye
	w.line.close()
	w.both.Wait()
}

// closeXid is the xid of the goodbye, which no other request has.
const closeXid = 1<<31 - 1

// ask sends a request and waits for its answer. If ctx ends first, so does the
// connection: the next request would take the late answer for its own.
func (w *Watch) ask(ctx context.Context, op zkwire.Op, body zkwire.Record) (*zkwire.Decoder, error) {
	select {
	case w.turn <- struct{}{}:
		defer func() { <-w.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	w.xid++
	if err := w.line.write(&zkwire.RequestHeader{Xid: w.xid, Op: op}, body); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrEnded, err)
	}
	select {
	case a := <-w.answers:
		return a.body, outcome(a.header)
	case <-w.ended:
	case <-ctx.Done():
		w.line.close()
		return nil, ctx.Err()
	}
	select {
	case a := <-w.answers: // it came before the end
		return a.body, outcome(a.header)
	default:
		return nil, ErrEnded
	}
}

func outcome(h zkwire.ReplyHeader) error {
	switch h.Code {
	case zkwire.OK:
		return nil
	case zkwire.NoNode:
		return ErrNoNode
	}
	return h.Code
}

// read takes what the server sends, until the connection ends.
func (w *Watch) read() {
	defer close(w.ended)
	defer w.line.close()
	for {
		body, err := w.line.read()
		if err != nil {
			return
		}
		var h zkwire.ReplyHeader
		switch h.Decode(body); {
		case body.Err() != nil:
			return
		case h.Xid == zkwire.XidPing || h.Xid == closeXid:
		case h.Xid == zkwire.XidNotification:
			w.note(body)
		default:
			select {
			case w.answers <- answer{h, body}:
			default:
				return // nobody asked
			}
		}
	}
}

// note records the path of an event.
func (w *Watch) note(body *zkwire.Decoder) {
	var e zkwire.WatcherEvent
	if e.Decode(body); body.Err() != nil {
		return
	}
	w.mu.Lock()
	w.dirty[e.Path] = true
	w.mu.Unlock()
	if w.opts.Changed != nil {
		w.opts.Changed()
	}
}

// ping keeps the session alive until the connection ends.
func (w *Watch) ping() {
	ticker := time.NewTicker(w.line.timeout / 3)
	defer ticker.Stop()
	for {
		select {
		case <-w.ended:
			return
		case <-ticker.C:
			_ = w.line.write(&zkwire.RequestHeader{Xid: zkwire.XidPing, Op: zkwire.OpPing}) // the reader will notice the end
		}
	}
}

// Ended reports whether the connection has ended.
func (w *Watch) Ended() bool {
	select {
	case <-w.ended:
		return true
	default:
		return false
	}
}
