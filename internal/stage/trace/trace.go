// Package trace turns committed ZooKeeper transactions into protocol steps in
// Druid's words: who announced, asked, loaded, dropped, assigned or finished what.
// It is pure: it sees changes and returns steps.
package trace

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"oakmoot/internal/druid"
	"oakmoot/internal/zk/zkpath"
)

// Change is one committed change of a znode.
type Change struct {
	Zxid    int64
	Time    time.Time
	Session int64
	Op      Op
	Path    string
	Before  []byte // the data that was there
	After   []byte // the data that is there now
	Lapsed  bool   // deleted because the session that owned it has ended
}

// Op is what happened to a znode, or to a session.
type Op string

// Operations of a Change.
const (
	OpCreate       Op = "create"
	OpSet          Op = "set"
	OpDelete       Op = "delete"
	OpOpenSession  Op = "open session"
	OpCloseSession Op = "close session"
)

// Step is one protocol step.
type Step struct {
	Zxid     int64     `json:"zxid"`
	Time     time.Time `json:"time"`
	Node     string    `json:"node"`     // whose session made it; empty when unknown
	Protocol Protocol  `json:"protocol"` // which of Druid's protocols it belongs to
	Verb     string    `json:"verb"`     // in Druid's words, for example "load request"
	Subject  string    `json:"subject"`  // the segment, task, server or leader it is about
	Peer     string    `json:"peer"`     // the server or worker it is addressed to
	Detail   string    `json:"detail"`
	Path     string    `json:"path"`
	Payload  string    `json:"payload,omitempty"` // the znode's content, unzipped, at most PayloadLimit of it
}

// PayloadLimit is how many bytes of a znode's content a step has.
const PayloadLimit = 4096

// Protocol is one of the protocols of Druid's ZooKeeper page.
type Protocol string

// The protocols, and what does not belong to any of them.
const (
	Election     Protocol = "election"
	Announcement Protocol = "announcement"
	Load         Protocol = "load"
	Task         Protocol = "task"
	Discovery    Protocol = "discovery"
	Session      Protocol = "session"
	Layout       Protocol = "layout"
)

// Narrator tells changes as steps. Who names a session's node, or "".
type Narrator struct {
	Paths zkpath.Paths
	Who   func(session int64) string
}

// Tell returns the step that a change is.
func (n Narrator) Tell(c Change) Step {
	step := Step{Zxid: c.Zxid, Time: c.Time, Node: n.Who(c.Session), Path: c.Path}
	if c.Op == OpOpenSession || c.Op == OpCloseSession {
		step.Protocol, step.Verb = Session, string(c.Op)
		return step
	}
	parsed := n.Paths.Parse(c.Path)
	tell, ok := tellers[parsed.Kind]
	if !ok {
		step.Protocol, step.Verb, step.Subject = Layout, string(c.Op), c.Path
		return step
	}
	tell(&step, parsed, c)
	step.Payload = shown(payload(c))
	if c.Lapsed {
		step.Detail = strings.TrimSpace(step.Detail + " (its session ended)")
	}
	return step
}

// shown is a payload as text, cut where it is too long.
func shown(b []byte) string {
	whole := len(b)
	if whole > PayloadLimit {
		b = b[:PayloadLimit]
		for !utf8.Valid(b) && len(b) > PayloadLimit-utf8.UTFMax {
			b = b[:len(b)-1] // a character that was cut in two
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

// payload is the znode's content after the change, or before a deletion, unzipped.
func payload(c Change) []byte {
	if c.Op == OpDelete {
		return druid.Gunzip(c.Before)
	}
	return druid.Gunzip(c.After)
}
