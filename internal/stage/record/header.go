// Package record reads what "up --record" wrote: the protocol steps of a run, one JSON object a line. A record can be
// replayed into a model, as far as it holds what happened.
package record

import "time"

// Header is the content of a record's first line. Records of older versions have none.
type Header struct {
	Seed    int64             `json:"seed,string"`
	Druid   string            `json:"druidVersion"`
	Paths   map[string]string `json:"paths"` // the properties that the layout depends on
	Session time.Duration     `json:"sessionTimeoutNanos"`
	Tick    time.Duration     `json:"tickNanos"`
	Nodes   []Node            `json:"nodes"`
	Load    time.Duration     `json:"loadTimeoutNanos"` // druid.coordinator.load.timeout
	Off     []string          `json:"invariantsOff,omitempty"`
	Notes   []string          `json:"notes,omitempty"` // keys of a status of which there are notes
}

// Node is a node of the topology.
type Node struct {
	Name     string `json:"name"`
	Kind     string `json:"kind"`
	Host     string `json:"host"`
	External bool   `json:"external,omitempty"`
}

// Begins is the verb of the first line.
const Begins = "begins"
