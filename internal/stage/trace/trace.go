// Package trace draws a cluster's story as a sequence diagram. Its steps are made from the events of package observe.
package trace

import (
	"time"

	"oakmoot/internal/stage/observe"
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
	Payload  string    `json:"payload,omitempty"` // the znode's content, unzipped, at most observe.PayloadLimit of it
}

// Protocol is the protocol that a step belongs to.
type Protocol = observe.Protocol
