// Package trace draws a cluster's story as a sequence diagram. Its steps are made from the events of package observe.
package trace

import (
	"time"

	"oakmoot/internal/stage/observe"
)

// Step is one protocol step.
// It is wide because it has a field for each key of a line of a record.
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
	Payload  string    `json:"payload,omitempty"` // the znode's content, unzipped, at most observe.PayloadLimit of it

	// What a replay needs besides.
	Op      observe.Op `json:"op,omitempty"`      // empty for what is no change of ZooKeeper
	Session string     `json:"session,omitempty"` // whose request it was, in hexadecimal
	Owner   string     `json:"owner,omitempty"`   // of a created ephemeral, in hexadecimal
	Lapsed  bool       `json:"lapsed,omitempty"`  // deleted because its session has ended
	Expired bool       `json:"expired,omitempty"` // of a session's end: its client did not ask for it
}

// Protocol is the protocol that a step belongs to.
type Protocol = observe.Protocol
