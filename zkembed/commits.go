package zkembed

import (
	"context"
	"fmt"
	"iter"
	"sync"
	"time"
)

// Commit is one change of a committed transaction. A transaction with several
// effects, a multi or a session that took its ephemerals with it, is several
// commits of the same zxid, in order.
type Commit struct {
	Zxid    Zxid
	Time    time.Time
	Session SessionID // whose request it was; 0 is the server itself
	Op      string    // the request: create, delete, setData, multi, closeSession, …
	Kind    CommitKind
	Path    string
	Before  []byte    // data that was there; nil for a creation
	After   []byte    // data that is there now; nil for a deletion
	Owner   SessionID // of a created ephemeral
}

// CommitKind is what a Commit did.
type CommitKind string

// Kinds of commits.
const (
	CommitCreate       CommitKind = "create"
	CommitDelete       CommitKind = "delete"
	CommitSetData      CommitKind = "set"
	CommitSetACL       CommitKind = "setACL"
	CommitOpenSession  CommitKind = "open session"
	CommitCloseSession CommitKind = "close session"
)

var commitKinds = map[effectKind]CommitKind{
	effectCreate: CommitCreate, effectDelete: CommitDelete, effectSetData: CommitSetData,
	effectSetACL: CommitSetACL, effectOpenSession: CommitOpenSession, effectCloseSession: CommitCloseSession,
}

// commitRing remembers the latest commits. The state adds to it and never waits
// for a reader.
type commitRing struct {
	batch []Commit // added, not yet durable; owned by the state

	mu      sync.Mutex // guards the fields below
	kept    []Commit   // a ring, full once it is ringLimit long
	first   int64      // number of the oldest kept
	changed chan struct{}
}

// ringLimit is how many commits are remembered.
const ringLimit = 16384

func newCommitRing() *commitRing { return &commitRing{changed: make(chan struct{})} }

func (r *commitRing) add(t *txn) {
	for _, e := range t.effects {
		c := Commit{
			Zxid: t.zxid, Time: time.UnixMilli(t.time).UTC(), Session: t.session, Op: t.op.String(),
			Kind: commitKinds[e.kind], Path: e.path, Before: e.before, After: e.data,
		}
		if isEphemeral(e.owner) {
			c.Owner = SessionID(e.owner)
		}
		r.batch = append(r.batch, c)
	}
}

// publish shows readers what has become durable.
func (r *commitRing) publish() {
	if len(r.batch) == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.batch {
		if len(r.kept) < ringLimit {
			r.kept = append(r.kept, c)
			continue
		}
		r.kept[r.first%ringLimit] = c
		r.first++
	}
	clear(r.batch)
	r.batch = r.batch[:0]
	close(r.changed)
	r.changed = make(chan struct{})
}

// readChunk is how many commits a reader copies at a time.
const readChunk = 256

// read copies commits from number n on; lost is how many before them are gone.
func (r *commitRing) read(n int64) (chunk []Commit, lost int64, changed <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n < r.first {
		lost = r.first - n
		n = r.first
	}
	end := r.first + int64(len(r.kept))
	for ; n < end && len(chunk) < readChunk; n++ {
		chunk = append(chunk, r.kept[n%ringLimit])
	}
	return chunk, lost, r.changed
}

// GapError tells a reader of Commits that it was too slow, or came too late, for
// the transactions that it asked for.
type GapError struct{ Lost int64 }

func (e *GapError) Error() string {
	return fmt.Sprintf("zkembed: %d commits are no longer remembered", e.Lost)
}

// Commits yields every commit with a zxid of at least from, those remembered first
// and then each as it becomes durable, until ctx ends. A reader that falls behind
// never holds up the server: it gets a *GapError and goes on behind the gap.
func (s *Server) Commits(ctx context.Context, from Zxid) iter.Seq2[Commit, error] {
	return func(yield func(Commit, error) bool) {
		for n := int64(0); ctx.Err() == nil; {
			chunk, lost, changed := s.ring.read(n)
			if lost > 0 && n > 0 && !yield(Commit{}, &GapError{lost}) {
				return
			}
			n += lost + int64(len(chunk))
			for _, c := range chunk {
				if c.Zxid >= from && !yield(c, nil) {
					return
				}
			}
			if len(chunk) > 0 {
				continue
			}
			select {
			case <-changed:
			case <-ctx.Done():
			}
		}
	}
}
