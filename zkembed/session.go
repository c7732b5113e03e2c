package zkembed

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
	"time"

	"oakmoot/internal/zk/zkwire"
)

// session is a client's session; it outlives its connections.
type session struct {
	id       zkwire.SessionID
	timeout  time.Duration // as last negotiated
	deadline int64         // the end of its bucket, in the state's time
	conn     *conn         // nil while nobody is connected
	name     string        // what the Go API calls it; "" until it does
	home     *Endpoint     // the read-only endpoint that the session is local to; nil for an ordinary one
}

// bucketsPerTick is how often in a tick sessions are looked at. Apache's server looks
// once, and lets a session live for up to a tick longer than its timeout; ours is closer
// to the timeout, and never before it.
const bucketsPerTick = 8

// sessions tracks deadlines in buckets: SessionTrackerImpl and ExpiryQueue. It is
// owned by the state.
type sessions struct {
	byID    map[zkwire.SessionID]*session
	buckets map[int64]map[*session]struct{}
	bucket  int64 // milliseconds
	next    int64 // no bucket ends earlier; never without sessions
	lastID  zkwire.SessionID
}

// newSessions makes an empty table. Ids are above those given before: they begin
// with the time of day, as Apache's do with server id 1.
func newSessions(tick time.Duration, wall int64, after zkwire.SessionID) *sessions {
	return &sessions{
		byID: map[zkwire.SessionID]*session{}, buckets: map[int64]map[*session]struct{}{}, bucket: max(1, tick.Milliseconds()/bucketsPerTick),
		next: never, lastID: max(after, zkwire.SessionID(1<<56|wall<<24>>8&(1<<56-1))),
	}
}

// newID is a session id that was not given before, not even by a previous server.
func (t *sessions) newID() zkwire.SessionID {
	t.lastID++
	return t.lastID
}

// openLocal opens a session that only its read-only endpoint knows: it is not logged and
// uses up no zxid.
func (t *sessions) openLocal(home *Endpoint, timeout time.Duration, now int64) *session {
	s := t.open(t.newID(), timeout, now)
	s.home = home
	return s
}

// attachable is the session that a client asks for; nil when it is refused because there is
// no such session, it is local to another endpoint, or the password is wrong.
func (t *sessions) attachable(q *zkwire.ConnectRequest, at *Endpoint) *session {
	s := t.byID[q.Session]
	if s == nil || !bytes.Equal(q.Password, password(q.Session)) || s.home != nil && s.home != at {
		return nil
	}
	return s
}

// heardOf notes that a session's client is alive. A read-only endpoint passes on nothing
// of sessions that are not its own.
func (t *sessions) heardOf(s *session, at *Endpoint, now int64) {
	if !at.readOnly || s.home != nil {
		t.touch(s, now)
	}
}

func (t *sessions) open(id zkwire.SessionID, timeout time.Duration, now int64) *session {
	s := &session{id: id, timeout: timeout}
	t.byID[id] = s
	t.lastID = max(t.lastID, id)
	t.touch(s, now)
	return s
}

// touch moves a session's deadline: up to the end of a bucket strictly after
// now + timeout.
func (t *sessions) touch(s *session, now int64) {
	t.moveTo(s, now+plantedPatience*s.timeout.Milliseconds())
}

// moveTo sets the deadline to the end of the bucket that a time is in.
func (t *sessions) moveTo(s *session, at int64) {
	deadline := (at/t.bucket + 1) * t.bucket
	if deadline == s.deadline {
		return
	}
	t.unbucket(s)
	s.deadline = deadline
	if t.buckets[deadline] == nil {
		t.buckets[deadline] = map[*session]struct{}{}
	}
	t.buckets[deadline][s] = struct{}{}
	t.next = min(t.next, deadline)
}

// age moves a session's deadline forward, or back: false when that ends the session.
func (t *sessions) age(s *session, by, now int64) bool {
	latest := s.deadline - by // up to a bucket behind its timeout
	if latest <= now+t.bucket {
		return false
	}
	t.moveTo(s, latest-1)
	return true
}

func (t *sessions) unbucket(s *session) {
	if b := t.buckets[s.deadline]; b != nil {
		delete(b, s)
		if len(b) == 0 {
			delete(t.buckets, s.deadline)
		}
	}
}

func (t *sessions) close(id zkwire.SessionID) {
	if s := t.byID[id]; s != nil {
		t.unbucket(s)
		delete(t.byID, id)
	}
}

// due are the sessions whose bucket has ended, the longest due first; next is
// right again afterwards.
func (t *sessions) due(now int64) []*session {
	var over []*session
	t.next = never
	for deadline, bucket := range t.buckets {
		if deadline > now {
			t.next = min(t.next, deadline)
			continue
		}
		for s := range bucket {
			over = append(over, s)
		}
	}
	slices.SortFunc(over, func(a, b *session) int {
		return cmp.Or(cmp.Compare(a.deadline, b.deadline), cmp.Compare(a.id, b.id))
	})
	return over
}

// password is what Apache's server derives from a session id: 16 bytes of
// java.util.Random. It proves only that its holder has seen the session.
func password(id zkwire.SessionID) []byte {
	const salt, multiplier, mask = 0xB3415C00, 0x5DEECE66D, 1<<48 - 1
	seed := (uint64(id) ^ salt ^ multiplier) & mask
	b := make([]byte, 0, zkwire.PasswordLength)
	for range zkwire.PasswordLength / 4 {
		seed = (seed*multiplier + 11) & mask
		b = binary.LittleEndian.AppendUint32(b, uint32(seed>>16))
	}
	return b
}

// logged are the sessions that outlive the server.
func (t *sessions) logged() []*session {
	list := make([]*session, 0, len(t.byID))
	for _, s := range t.byID {
		if s.home == nil {
			list = append(list, s)
		}
	}
	return list
}
