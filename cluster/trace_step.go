package cluster

import (
	"cmp"
	"fmt"
	"time"

	"oakmoot/internal/stage/observe"
	stagetrace "oakmoot/internal/stage/trace"
)

// TraceStep is a step of the live trace: a committed transaction of ZooKeeper in
// Druid's words, or a fault, or the start or end of a node. What is no transaction has
// the zxid of the latest one before it.
// It is wide because it has a field for each column of a story and each key of its JSON.
type TraceStep struct {
	Zxid     int64     `json:"zxid"`
	Time     time.Time `json:"time"`
	Node     string    `json:"node"`     // whose session made it; empty when unknown
	Protocol Protocol  `json:"protocol"` // which of Druid's protocols it belongs to
	Verb     string    `json:"verb"`     // in Druid's words, for example "load request"
	Subject  string    `json:"subject"`  // the segment, task, server or leader it is about
	Peer     string    `json:"peer"`     // the server or worker it is addressed to
	Detail   string    `json:"detail"`
	Path     string    `json:"path"`
	Payload  string    `json:"payload,omitempty"` // the znode's content, unzipped, cut when it is long except in a record

	Op      string `json:"op,omitempty"`      // create, set, delete, open session or close session; empty for a fault or a node
	Session string `json:"session,omitempty"` // whose request it was, in hexadecimal
	Owner   string `json:"owner,omitempty"`   // of a created ephemeral, in hexadecimal
	Lapsed  bool   `json:"lapsed,omitempty"`  // deleted because the session that owned it has ended
	Expired bool   `json:"expired,omitempty"` // of a session's end: its client did not ask for it
}

// String is the step in a line.
func (s TraceStep) String() string {
	line := fmt.Sprintf("%s  %-17s %-12s %-24s %s", s.Time.Format("15:04:05.000"), cmp.Or(s.Node, "?"), s.Protocol, s.Verb, s.Subject)
	if s.Peer != "" {
		line += " @ " + s.Peer
	}
	if s.Detail != "" {
		line += "  " + s.Detail
	}
	return line
}

// Protocol is one of the protocols of Druid's ZooKeeper page.
type Protocol string

// The protocols, and what does not belong to any of them.
const (
	ProtocolElection     Protocol = "election"
	ProtocolAnnouncement Protocol = "announcement"
	ProtocolLoad         Protocol = "load"
	ProtocolTask         Protocol = "task"
	ProtocolDiscovery    Protocol = "discovery"
	ProtocolSession      Protocol = "session"
	ProtocolLayout       Protocol = "layout"
	ProtocolFault        Protocol = "fault" // a fault begins or ends
	ProtocolNode         Protocol = "node"  // a node starts, is up, or is gone
	ProtocolRun          Protocol = "run"   // the first line of a record
)

// stepOf is an event as the cluster shows it.
func stepOf(e observe.Event) TraceStep {
	return TraceStep{
		Zxid: e.Zxid, Time: e.Time, Node: e.Node, Protocol: Protocol(e.Protocol), Verb: e.Verb,
		Subject: e.Subject, Peer: e.Peer, Detail: e.Detail, Path: e.Path, Payload: e.Payload,
		Op: string(e.Op), Session: e.Session, Owner: e.Owner, Lapsed: e.Lapsed, Expired: e.Expired,
	}
}

// heldStep is an event as the history holds it, with the whole of its payload.
func heldStep(e observe.Event, payload string) stagetrace.Step {
	return stagetrace.Step{
		Zxid: e.Zxid, Time: e.Time, Node: e.Node, Protocol: e.Protocol, Verb: e.Verb, Subject: e.Subject, Peer: e.Peer, Detail: e.Detail,
		Path: e.Path, Payload: payload, Op: e.Op, Session: e.Session, Owner: e.Owner, Lapsed: e.Lapsed, Expired: e.Expired,
	}
}

// shownStep is a held step as the cluster shows it.
func shownStep(s stagetrace.Step) TraceStep {
	return TraceStep{
		Zxid: s.Zxid, Time: s.Time, Node: s.Node, Protocol: Protocol(s.Protocol), Verb: s.Verb, Subject: s.Subject, Peer: s.Peer, Detail: s.Detail,
		Path: s.Path, Payload: s.Payload, Op: string(s.Op), Session: s.Session, Owner: s.Owner, Lapsed: s.Lapsed, Expired: s.Expired,
	}
}
