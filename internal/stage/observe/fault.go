package observe

import "time"

// Fault is an armed fault.
type Fault struct {
	ID    string
	Do    string // as the fault command would write it
	Nodes []string
	Since time.Time
	Until time.Time // zero if it lasts until it is healed
	Made  string    // what a play made, such as a task's id
}
