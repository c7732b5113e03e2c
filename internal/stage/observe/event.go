package observe

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"oakmoot/internal/druid"
	"oakmoot/internal/zk/zkpath"
)

// Event is a change in Druid's words: who announced, requested, loaded, dropped, assigned or finished what.
// It is wide because it has a field for each thing that a step of a story says.
type Event struct {
	Zxid     int64
	Time     time.Time
	Node     string   // whose session made it; empty when unknown
	Protocol Protocol // which of Druid's protocols it belongs to
	Verb     string   // for example "load request"
	Subject  string   // the segment, task, server or leader it is about
	Peer     string   // the server or worker it is addressed to
	Detail   string
	Path     string
	Payload  string // the znode's content, unzipped, at most PayloadLimit of it

	// What a replay needs besides: see package record.
	Op      Op     // empty for what is no change of ZooKeeper
	Session string // whose request it was, in hexadecimal; for the beginning or end of a session, that session
	Owner   string // of a created ephemeral, in hexadecimal
	Lapsed  bool   // deleted because the session that owned it has ended
	Expired bool   // of a session's end: its client did not ask for it
}

// PayloadLimit is how many bytes of a znode's content an event keeps.
const PayloadLimit = 4096

// Protocol is one of the protocols of Druid's ZooKeeper page.
type Protocol string

// The protocols, and names for what belongs to none of them: Session and Layout for other changes of ZooKeeper, Disturbance
// for faults, Supervision for the nodes' starts and ends, and Header for what a record begins with.
const (
	Election     Protocol = "election"
	Announcement Protocol = "announcement"
	Load         Protocol = "load"
	Task         Protocol = "task"
	Discovery    Protocol = "discovery"
	Session      Protocol = "session"
	Layout       Protocol = "layout"
	Disturbance  Protocol = "fault"
	Supervision  Protocol = "node"
	Header       Protocol = "run"
)

// Tell puts a change into words. The event names no node: the change does not say whose session it was.
func Tell(paths zkpath.Paths, c Change) Event { return TellWith(paths, c, druid.Gunzip(c.Packed())) }

// TellWith is Tell for who has unzipped the content, of which nothing is kept.
func TellWith(paths zkpath.Paths, c Change, content []byte) Event {
	e := Event{
		Zxid: c.Zxid, Time: c.Time, Path: c.Path,
		Op: c.Op, Session: hexadecimal(c.Session), Owner: hexadecimal(c.Owner), Lapsed: c.Lapsed, Expired: c.Expired,
	}
	if c.Op == OpOpenSession || c.Op == OpCloseSession {
		e.Protocol, e.Verb = Session, string(c.Op)
		if c.Expired {
			e.Verb = SessionExpired // ZooKeeper's own doing
		}
		return e
	}
	parsed := paths.Parse(c.Path)
	kind, known := znodeKinds[parsed.Kind]
	if !known {
		e.Protocol, e.Verb, e.Subject = Layout, string(c.Op), c.Path
		return e
	}
	s := story{Change: c, Parsed: parsed, payload: content}
	s.says, _ = decode(parsed, c.Packed(), content)
	kind.tell(&e, s)
	e.Payload = shown(s.payload)
	if c.Lapsed {
		e.Detail = strings.TrimSpace(e.Detail + " (its session ended)")
	}
	return e
}

// Text is a whole content as text; of one that is no text, its beginning.
func Text(content []byte) string {
	if !utf8.Valid(content) {
		return shown(content)
	}
	return string(content)
}

func hexadecimal(session int64) string {
	if session == 0 {
		return ""
	}
	return fmt.Sprintf("0x%x", session)
}

// story is the material for an event about one kind of znode.
type story struct {
	Change
	zkpath.Parsed
	payload []byte // the content, unzipped
	says    any    // and decoded; nil if it is not what the path promises
}

// choose picks the word for a creation, a change or a deletion.
func (s story) choose(created, changed, deleted string) string {
	switch s.Op {
	case OpCreate:
		return created
	case OpDelete:
		return deleted
	}
	return changed
}

// unlessLapsed picks the word for a deletion: done for one that means something, lapsed if the znode only went with
// its owner's session.
func (s story) unlessLapsed(deleted, lapsed string) string {
	if s.Lapsed {
		return lapsed
	}
	return deleted
}

// Shorten cuts a text that is longer than an event's payload.
func Shorten(text string) string {
	if len(text) <= PayloadLimit {
		return text
	}
	return shown([]byte(text))
}

// shown is a payload as text, shortened if it is too long.
func shown(b []byte) string {
	whole := len(b)
	if whole > PayloadLimit {
		b = b[:PayloadLimit]
		for !utf8.Valid(b) && len(b) > PayloadLimit-utf8.UTFMax {
			b = b[:len(b)-1] // a character that was cut in half
		}
	}
	switch {
	case !utf8.Valid(b):
		return fmt.Sprintf("%d bytes: % x", whole, b[:min(len(b), 32)])
	case whole > PayloadLimit:
		return fmt.Sprintf("%s… (%d bytes)", b, whole)
	}
	return string(b)
}
