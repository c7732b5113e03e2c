package zkembed

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"oakmoot/zkembed/internal/tree"
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
	Expired bool      // of a closed session, and what went with it: its client did not ask for it
	Stat    Stat      // of the node right after it, or, of a deleted one, right before
	More    bool      // further commits of the same transaction follow
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

	reverted CommitKind = "reverted" // no commit: the server came back without the latest of those before; no reader sees it
)

var commitKinds = map[tree.Kind]CommitKind{
	tree.Create: CommitCreate, tree.Delete: CommitDelete, tree.SetData: CommitSetData,
	tree.SetACL: CommitSetACL, tree.OpenSession: CommitOpenSession, tree.CloseSession: CommitCloseSession,
}

// commitRing remembers the latest commits. The state adds to it and never waits
// for a reader.
type commitRing struct {
	gate  atomic.Pointer[func(Zxid)] // see Server.Gate
	batch []Commit                   // added, not yet durable; owned by the state
	last  Zxid                       // of the latest transaction that was added; owned by the state

	mu      sync.Mutex // guards the fields below
	kept    []Commit   // by their numbers, modulo ringLimit
	first   int64      // number of the oldest kept
	next    int64      // number of the next to come
	bytes   int        // of the data of those kept
	gone    Zxid       // the latest that is no longer kept, or never was
	changed chan struct{}
}

// Limits of what is remembered; the latest commit is always kept.
const (
	ringLimit = 16384
	ringBytes = 32 << 20 // of data
)

func newCommitRing() *commitRing { return &commitRing{changed: make(chan struct{})} }

func (r *commitRing) add(t *tree.Txn) {
	for i, e := range t.Effects {
		c := Commit{
			More: i < len(t.Effects)-1,
			Zxid: Zxid(t.Zxid), Time: time.UnixMilli(t.Time).UTC(), Session: SessionID(t.Session), Op: t.Op.String(),
			Kind: commitKinds[e.Kind], Path: e.Path, Before: e.Before, After: e.Data, Expired: t.Expired, Stat: statOf(e.Stat),
		}
		if tree.IsEphemeral(e.Owner) {
			c.Owner = SessionID(e.Owner)
		}
		r.batch, r.last = append(r.batch, c), c.Zxid
	}
}

// publish shows readers what has become durable.
func (r *commitRing) publish() {
	if len(r.batch) == 0 {
		return
	}
	r.keep()
	if gate := r.gate.Load(); gate != nil {
		(*gate)(r.last)
	}
}

// keep remembers what has become durable.
func (r *commitRing) keep() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.batch {
		r.put(c)
	}
	for r.bytes > ringBytes && r.next-r.first > 1 {
		r.forget()
	}
	clear(r.batch)
	r.batch = r.batch[:0]
	r.wake()
}

// put remembers a commit in place of the oldest, if there are too many; the caller holds mu.
func (r *commitRing) put(c Commit) {
	if len(r.kept) < ringLimit {
		r.kept = append(r.kept, Commit{})
	}
	if r.next-r.first == ringLimit {
		r.forget()
	}
	r.kept[r.next%ringLimit] = c
	r.next++
	r.bytes += c.size()
}

// wake wakes the readers; the caller holds mu.
func (r *commitRing) wake() {
	close(r.changed)
	r.changed = make(chan struct{})
}

// shown is the zxid of the latest commit that readers were shown; the caller holds mu.
func (r *commitRing) shown() Zxid {
	if r.next == r.first {
		return 0
	}
	return r.kept[(r.next-1)%ringLimit].Zxid
}

// forget drops the oldest commit; the caller holds mu.
func (r *commitRing) forget() {
	c := &r.kept[r.first%ringLimit]
	r.gone = c.Zxid
	r.bytes -= c.size()
	*c = Commit{}
	r.first++
}

func (c *Commit) size() int { return len(c.Before) + len(c.After) }

// startAt notes that commits up to a zxid were never kept: an earlier process made them.
// Of those that an earlier life added last, and whose log then failed, the ones up to the
// zxid are in the log after all; the others never happened. If readers were shown later ones, the
// server has come back with an earlier history, and they are told.
func (r *commitRing) startAt(zxid Zxid) {
	r.batch = slices.DeleteFunc(r.batch, func(c Commit) bool { return c.Zxid > zxid })
	r.last = min(r.last, zxid)
	if len(r.batch) > 0 {
		r.keep()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.next == 0 {
		r.gone = zxid
	}
	if r.shown() > zxid {
		r.put(Commit{Zxid: zxid, Kind: reverted})
		r.wake()
	}
}

// missed reports whether some commits from a zxid on are not kept; 0 asks only for those
// that are.
func (r *commitRing) missed(from Zxid) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return from > 0 && from <= r.gone
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
	for ; n < r.next && len(chunk) < readChunk; n++ {
		chunk = append(chunk, r.kept[n%ringLimit])
	}
	return chunk, lost, r.changed
}

// GapError says that a reader of Commits was too slow, or came too late, for
// the transactions that it asked for; or that some of those that it was shown never happened.
type GapError struct {
	Lost     int64 // commits; 0 when nobody knows how many
	Reverted bool  // the server came back with an earlier history: what follows goes on from there
	Zxid     Zxid  // of the latest transaction that stands, when Reverted
}

func (e *GapError) Error() string {
	if e.Reverted {
		return "zkembed: the server came back with an earlier history: the latest commits before this are undone"
	}
	if e.Lost == 0 {
		return "zkembed: the first of these commits are no longer remembered"
	}
	return fmt.Sprintf("zkembed: %d commits are no longer remembered", e.Lost)
}

// setGate has f called with each batch that has become durable; nil ends that.
func (r *commitRing) setGate(f func(latest Zxid)) {
	if f == nil {
		r.gate.Store(nil)
		return
	}
	r.gate.Store(&f)
}

// follow yields what is remembered from a zxid on, and then what comes.
func (r *commitRing) follow(ctx context.Context, from Zxid) iter.Seq2[Commit, error] {
	return func(yield func(Commit, error) bool) {
		if r.missed(from) && !yield(Commit{}, &GapError{}) {
			return
		}
		for n := int64(0); ctx.Err() == nil; {
			chunk, lost, changed := r.read(n)
			if lost > 0 && n > 0 && !yield(Commit{}, &GapError{Lost: lost}) {
				return
			}
			n += lost + int64(len(chunk))
			for _, c := range chunk {
				if !c.show(from, yield) {
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

// show yields a commit to a reader of those from a zxid on.
func (c *Commit) show(from Zxid, yield func(Commit, error) bool) (more bool) {
	switch {
	case c.Kind == reverted:
		return yield(Commit{}, &GapError{Reverted: true, Zxid: c.Zxid})
	case c.Zxid < from:
		return true
	}
	return yield(*c, nil)
}
